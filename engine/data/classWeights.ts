import { DataError } from "../errors/index.ts";
import { int } from "../params/index.ts";
import { permutation } from "../random/index.ts";
import type { Dataset } from "./dataset.ts";

/** Stream of the examples that are repeated. */
const BALANCE_STREAM = 0x5eed0013;

export const balanceParams = { seed: int(0, "[0, 4294967295]", "Draws which examples are repeated.") };

/** Examples of each of `classes` classes. */
export function classCounts(labels: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < labels.length; i++) counts[labels[i] as number]!++;
  return counts;
}

/**
 * n / (classes * count) for each class: every class weighs the same in all, and the weights' mean over the examples is 1.
 * scikit-learn's class_weight="balanced"; King & Zeng 2001, Political Analysis 9(2).
 *
 * Throws DataError for a class without examples, which no weight can balance.
 */
export function balancedWeights(counts: readonly number[], names: readonly string[] = []): number[] {
  const n = counts.reduce((a, b) => a + b, 0);
  const empty = counts.indexOf(0);
  if (empty >= 0) {
    throw new DataError(
      `balanced weights: class ${names[empty] ?? empty} has no examples; leave it out of the classes, or split with stratify: true`,
    );
  }
  return counts.map((count) => n / (counts.length * count));
}

/** Every example, and those of smaller classes again until all have as many as the largest; in an order that `seed` draws. */
export function balancedRows({ y, classes, task, name, size }: Dataset, seed: number): Int32Array {
  if (task !== "classification" || y.rank !== 1 || !classes) {
    throw new DataError(`balanced: ${name} has no class for each example, by which examples could be repeated`);
  }
  const counts = classCounts(y.data, classes.length);
  balancedWeights(counts, classes); // a class without examples is named
  const most = Math.max(...counts);
  const drawn = permutation(seed, BALANCE_STREAM, 0, size);
  const rows = counts.flatMap((count, c) => {
    const own = Array.from(drawn).filter((row) => y.data[row] === c);
    return Array.from({ length: most }, (_, i) => own[i % count] as number);
  });
  return permutation(seed, BALANCE_STREAM, 1, rows.length).map((place) => rows[place] as number);
}
