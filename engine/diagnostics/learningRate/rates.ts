import { ConfigError } from "../../errors/index.ts";
import { hyperparameters } from "../../optim/index.ts";
import { type Checked, int, num, optional, type Params, required, value } from "../../params/index.ts";
import { roundedRate } from "../../plots/rate.ts";
import type { Subject } from "../subject.ts";

/** Rates that fit side by side on a chart. */
const MOST = 64;

/** Options of diagnostics that train at several rates. */
export const ratesParams = {
  lrs: value<readonly number[] | null>(
    null,
    {
      type: "readonly number[]",
      noun: `a list of 2 to ${MOST} rates above 0, as [1e-3, 1e-2, 1e-1]`,
      accepts: (given) =>
        Array.isArray(given) &&
        given.length >= 2 &&
        given.length <= MOST &&
        given.every((lr) => typeof lr === "number" && lr > 0 && Number.isFinite(lr)),
    },
    "Rates to train at, in place of from, to and points.",
  ),
  from: num(1e-5, "(0, inf)", "Lowest rate."),
  to: num(1, "(0, inf)", "Highest rate."),
  points: int(
    9,
    "[2, 64]",
    "Rates from the lowest to the highest, equally far apart on a log axis; two digits of each.",
  ),
  steps: optional(int(required, "[1, inf)", "Updates at each rate.")),
  epochs: optional(int(required, "[1, inf)", "Passes over the training data at each rate, in place of steps.")),
} satisfies Params;

type RatesOptions = Checked<typeof ratesParams>;

/** The rates to train at, lowest first, each once. Throws ConfigError when `to` is not above `from`. */
export function ratesOf(where: string, { lrs, from, to, points }: RatesOptions): number[] {
  if (lrs === null && !(to > from)) throw new ConfigError(`${where}: to = ${to} is not above from = ${from}`);
  const spaced = () => Array.from({ length: points }, (_, i) => roundedRate(from * (to / from) ** (i / (points - 1))));
  return [...new Set(lrs ?? spaced())].sort((a, b) => a - b);
}

/** Updates to make, `otherwise` when the options say nothing. Throws ConfigError when they say two things. */
export function stepsOf(
  where: string,
  { steps, epochs }: RatesOptions,
  stepsPerEpoch: number,
  otherwise: { steps: number } | { epochs: number },
): number {
  if (steps !== null && epochs !== null) throw new ConfigError(`${where}: epochs and steps are both given; give one`);
  if (steps !== null) return steps;
  if (epochs !== null) return epochs * stepsPerEpoch;
  return "steps" in otherwise ? otherwise.steps : otherwise.epochs * stepsPerEpoch;
}

/** Throws ConfigError when the experiment's optimizer has no learning rate. */
export function checkRates(where: string, { config }: Subject): void {
  if (hyperparameters(config.optimizer).lr !== undefined) return;
  throw new ConfigError(
    `${where}: ${config.optimizer.type} has no learning rate; take another optimizer, such as optim.adamw()`,
  );
}
