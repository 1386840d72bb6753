import type { Dataset } from "../../../data/index.ts";

/** How the labels of the training examples are spread. */
export interface LabelFacts {
  readonly counts: readonly { readonly label: string; readonly count: number }[];
  /** Classes without any training example. */
  readonly absent: readonly string[];
  readonly most: { readonly label: string; readonly share: number };
  readonly least: { readonly label: string; readonly share: number };
  /** Share of neighbouring examples with one label, as they lie, and what chance would give. */
  readonly runs: number;
  readonly chance: number;
}

/** Null for values as targets. */
export function labelFacts({ task, classes, y }: Dataset): LabelFacts | null {
  if (task !== "classification" || y.rank !== 1 || !classes) return null;
  const counts = classes.map((label) => ({ label, count: 0 }));
  let same = 0;
  for (const [i, c] of y.data.entries()) {
    (counts[c] as { count: number }).count++;
    if (i > 0 && y.data[i - 1] === c) same++;
  }
  const there = counts.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  const share = (c: { label: string; count: number } | undefined) => ({
    label: c?.label ?? "",
    share: (c?.count ?? 0) / y.size,
  });
  return {
    counts,
    absent: counts.filter(({ count }) => count === 0).map(({ label }) => label),
    most: share(there[0]),
    least: share(there.at(-1)),
    runs: same / Math.max(1, y.size - 1),
    chance: there.reduce((s, { count }) => s + (count / y.size) ** 2, 0),
  };
}
