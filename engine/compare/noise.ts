import { type Difference, degreesOf, interval, meanOf } from "./difference.ts";

/** What moves the figure of a single run without its being better or worse. */
export interface SingleRun {
  /** What it ended with. */
  readonly final: number;
  /** The same figure after each epoch; NaN where it was not measured. */
  readonly epochs: readonly number[];
  /** Examples that the figure is a share of, for shares of examples such as accuracies; null for other figures. */
  readonly examples: number | null;
}

/** What the interval of two single runs rests on. */
export interface SingleDifference extends Difference {
  readonly by: "single runs";
  /** Known parts: the finite validation set, and how the last epochs go up and down. */
  readonly parts: readonly ("validation set" | "last epochs")[];
}

/** Fewest epochs that say how a figure goes up and down, and most that still are "the last". */
const FEWEST = 5;
const MOST = 20;

/**
 * The interval of the difference of two single runs, from what can be known of them: the binomial error of shares of examples, as if
 * the two sets were drawn apart (wider than the truth where both are one set), and the deviation of the last epochs
 * from a line through them. What other seeds would give is in neither. Null where nothing is known.
 */
export function differenceOfRuns(a: SingleRun, b: SingleRun, level = 0.95): SingleDifference | null {
  if (!Number.isFinite(a.final) || !Number.isFinite(b.final)) return null;
  const sampling = [a, b].flatMap(({ final, examples }) => (examples ? [binomialError(final, examples) ** 2] : []));
  const wobbles = [a, b].map(({ epochs }) => wobbleOf(epochs));
  const moving = wobbles.flatMap((found) => (found ? [found] : []));
  const known = [
    ...(sampling.length === 2 ? sampling.map((variance) => ({ variance, degrees: Number.POSITIVE_INFINITY })) : []),
    ...(moving.length === 2 ? moving : []),
  ];
  const variance = known.reduce((sum, part) => sum + part.variance, 0);
  if (!(variance > 0)) return null;
  return {
    ...interval(a.final - b.final, variance, degreesOf(known), level, "single runs"),
    by: "single runs",
    parts: [
      ...(sampling.length === 2 ? (["validation set"] as const) : []),
      ...(moving.length === 2 ? (["last epochs"] as const) : []),
    ],
  };
}

/** Standard error of a share of n examples, with two right and two wrong ones more, so that 1 of 10 examples is not without error: Agresti & Coull 1998. */
export function binomialError(share: number, examples: number): number {
  const n = examples + 4;
  const p = (Math.min(1, Math.max(0, share)) * examples + 2) / n;
  return Math.sqrt((p * (1 - p)) / n);
}

/**
 * Variance of the last quarter of the epochs (5 to 20 of them) about the straight line through them, so that what still improves does
 * not count as noise. Null for fewer than 5.
 */
export function wobbleOf(epochs: readonly number[]): { variance: number; degrees: number } | null {
  const sound = epochs.filter(Number.isFinite);
  const count = Math.min(MOST, Math.max(FEWEST, Math.round(sound.length / 4)));
  const last = sound.slice(-count);
  if (last.length < FEWEST) return null;
  const middle = (last.length - 1) / 2;
  const mean = meanOf(last);
  const across = last.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  const slope = last.reduce((sum, v, i) => sum + (i - middle) * (v - mean), 0) / across;
  const left = last.reduce((sum, v, i) => sum + (v - mean - slope * (i - middle)) ** 2, 0);
  const degrees = last.length - 2;
  return { variance: left / degrees, degrees };
}
