import { ConfigError, didYouMean } from "../errors/index.ts";
import { betterOf, type Metric, nameOf } from "../metrics/index.ts";
import { check } from "../params/index.ts";
import { type EarlyStoppingOptions, earlyStoppingParams } from "./options.ts";

/** The options of early stopping. Throws ConfigError for an unknown option or monitor. */
export function stoppingOf(given: unknown, metrics: readonly Metric[]): EarlyStoppingOptions {
  const options = check(earlyStoppingParams, given, "earlyStopping");
  const names = ["loss", ...metrics.map(nameOf)];
  if (names.includes(options.monitor)) return options;
  throw new ConfigError(`earlyStopping: no monitor "${options.monitor}"${didYouMean(options.monitor, names)}`, {
    fault: { kind: "choice", where: "earlyStopping", option: "monitor", names },
  });
}

/** Watches one validation figure. Its own state is the best value so far and how many validations ago that was. */
export class EarlyStopping {
  readonly options: EarlyStoppingOptions;
  readonly #sign: 1 | -1;
  best: number;
  waited = 0;

  /** Throws as `stoppingOf`. */
  constructor(given: unknown, metrics: readonly Metric[]) {
    this.options = stoppingOf(given, metrics);
    const { monitor, mode } = this.options;
    const metric = metrics.find((m) => nameOf(m) === monitor);
    const higher = mode === "auto" ? (metric && betterOf(metric)) === "higher" : mode === "max";
    this.#sign = higher ? -1 : 1;
    this.best = higher ? -Infinity : Infinity;
  }

  /** Takes one validation's figures; `improved` and `stop` say what follows. */
  observe(valid: Readonly<Record<string, number>>): { value: number; improved: boolean; stop: boolean } {
    const value = valid[this.options.monitor] as number;
    const improved =
      this.#sign * (this.best - value) > this.options.minDelta ||
      (!Number.isFinite(this.best) && Number.isFinite(value));
    if (improved) {
      this.best = value;
      this.waited = 0;
    } else {
      this.waited += 1;
    }
    return { value, improved, stop: this.waited >= this.options.patience };
  }
}
