import { ConfigError, didYouMean } from "../errors/index.ts";
import { betterOf, type Metric, nameOf } from "../metrics/index.ts";
import { check } from "../params/index.ts";
import { type EarlyStoppingOptions, earlyStoppingParams } from "./options.ts";

/** Watches one validation figure. Its own state is the best value so far and how many validations ago that was. */
export class EarlyStopping {
  readonly options: EarlyStoppingOptions;
  readonly #sign: 1 | -1;
  best: number;
  waited = 0;

  /** Throws ConfigError for an unknown option or monitor. */
  constructor(given: unknown, metrics: readonly Metric[]) {
    this.options = check(earlyStoppingParams, given, "earlyStopping");
    const { monitor, mode } = this.options;
    const metric = metrics.find((m) => nameOf(m) === monitor);
    if (monitor !== "loss" && !metric) {
      throw new ConfigError(
        `earlyStopping: no monitor "${monitor}"${didYouMean(monitor, ["loss", ...metrics.map(nameOf)])}`,
      );
    }
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
