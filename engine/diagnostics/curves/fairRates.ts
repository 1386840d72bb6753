import type { RunContext } from "../../context/index.ts";
import { Interrupted } from "../../errors/index.ts";
import { hyperparameters, type Optimizer } from "../../optim/index.ts";
import { instance } from "../../params/index.ts";
import { significant } from "../../plots/format.ts";
import { Experiment } from "../../session/index.ts";
import { RatesTraining } from "../learningRate/ratesTraining.ts";
import { Subject } from "../subject.ts";

/** Where the search begins: half decades from 1e-4 to 1. */
const RATES = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1];
/** How much further it looks, at most, when the best rate is the lowest or the highest. */
const FURTHER = { below: [1e-6, 3e-6, 1e-5, 3e-5], above: [3, 10, 30, 100] };

/** Share of the lowest loss by which another may be above it and still be as good. */
const AS_GOOD = 0.02;

/** Steps at each rate: half of the training, at least 20 and at most 100. */
export const rateSteps = (steps: number): number => Math.max(20, Math.min(100, Math.round(steps / 2)));

/** A rate that was found for an optimizer. */
export interface FoundRate {
  /** Null when training diverged at all of them: the optimizer's own rate stays. */
  readonly lr: number | null;
  readonly tried: number;
  /** No lower, or no higher, rate was tried. */
  readonly edge: boolean;
}

/** Of nine rates over four decades (and four more beyond the best, if that is the first or the last) the one with the lowest loss; the lowest of those within 2 % of it. */
export async function fairRate(
  where: string,
  experiment: Experiment,
  optimizer: Optimizer,
  steps: number,
  context: RunContext,
): Promise<FoundRate> {
  const subject = new Subject(new Experiment({ ...experiment.options, optimizer }), null);
  const found = new Map<number, number>();
  const tryAll = async (rates: readonly number[]) => {
    const training = new RatesTraining(rates, 1);
    const { valid } = await training.run(
      subject,
      context,
      { name: where, steps: () => steps, validate: true },
      () => {},
    );
    if (context.signal.aborted) {
      throw new Interrupted(
        `${where}: interrupted while looking for a learning rate for ${optimizer.type}; nothing was trained`,
      );
    }
    const ends = valid ?? training.ends;
    for (const [i, lr] of rates.entries()) found.set(lr, ends[i]?.[0] ?? Number.POSITIVE_INFINITY);
  };
  // the lowest of those that are as good: few steps favour rates that later are too high
  const best = (): number | null => {
    const finite = [...found].filter(([, loss]) => Number.isFinite(loss)).sort(([a], [b]) => a - b);
    const lowest = finite.reduce((least, [, loss]) => Math.min(least, loss), Number.POSITIVE_INFINITY);
    return finite.find(([, loss]) => loss <= lowest + AS_GOOD * Math.abs(lowest))?.[0] ?? null;
  };
  const own = hyperparameters(optimizer).lr as number;
  await tryAll([...new Set([...RATES, ...(own > 0 ? [own] : [])])].sort((a, b) => a - b));
  const first = best();
  const ends = () => {
    const tried = [...found.keys()].sort((a, b) => a - b);
    return { lowest: tried[0], highest: tried.at(-1) };
  };
  const { lowest, highest } = ends();
  if (first === null || first === lowest) await tryAll(FURTHER.below.filter((lr) => !found.has(lr)));
  else if (first === highest) await tryAll(FURTHER.above.filter((lr) => !found.has(lr) && lr > first));
  const lr = best();
  const { lowest: least, highest: most } = ends();
  return { lr, tried: found.size, edge: lr === least || lr === most };
}

/** The same optimizer with another rate. */
export const withRate = (optimizer: Optimizer, lr: number): Optimizer =>
  instance(optimizer.type, optimizer.definition, { ...optimizer.options, lr }) as Optimizer;

/** "sgd 0.1 (of 9), adam 0.003 (of 9)". */
export function ratesInWords(found: ReadonlyMap<string, FoundRate>, steps: number, valid: boolean): string {
  const each = [...found].map(([label, { lr, tried, edge }]) => {
    if (lr === null) return `${label} its own, as all of ${tried} diverge`;
    return `${label} ${significant(lr)} (of ${tried}${edge ? ", at the edge of what was tried" : ""})`;
  });
  return `learning rates, each the lowest within 2 % of the best ${valid ? "validation" : "smoothed training"} loss after ${steps} steps of one seed: ${each.join(", ")}`;
}
