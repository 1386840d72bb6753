import { DataError } from "../errors/index.ts";

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
