import { median } from "../engine/tensor/median.ts";

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export const spreadOf = (values: readonly number[]): Spread => ({
  min: Math.min(...values),
  median: median(values),
  max: Math.max(...values),
});

/**
 * How many times `ours` is of `theirs`: the ratio of the medians, between the smallest and largest ratio of one round. Both
 * have a value for each round, measured right after each other.
 */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Spread {
  const rounds = ours.slice(0, theirs.length).map((value, i) => value / (theirs[i] as number));
  return { min: Math.min(...rounds), median: median(ours) / median(theirs), max: Math.max(...rounds) };
}

/** Largest relative difference between two lists of losses, each against the larger of the two. */
export const difference = (a: readonly number[], b: readonly number[]): number =>
  Math.max(
    ...a.slice(0, b.length).map((x, i) => {
      const y = b[i] as number;
      return x === y ? 0 : Math.abs(x - y) / Math.max(Math.abs(x), Math.abs(y));
    }),
  );
