import { ConfigError } from "../errors/index.ts";
import { bool, check, int, type Options, optional, required } from "../params/index.ts";
import { permutation } from "../random/index.ts";
import type { Dataset } from "./dataset.ts";
import { groupsOf, groupsParam } from "./split.ts";

/** Stream of the folds' order, apart from that of the split. */
const FOLD_STREAM = 0x5eed0012;

export const foldParams = {
  seed: int(0, "[0, 4294967295]", "Draws the folds; the same seed gives the same ones."),
  shuffle: bool(true, "Draws the folds; without, neighbours share a fold, as scikit-learn's default."),
  stratify: optional(
    bool(
      required,
      "Keeps the shares of the classes in every fold; when not given, where there are classes and no groups.",
    ),
  ),
  groups: groupsParam,
  inOrder: bool(
    false,
    "For times: every fold trains on what lies before its validation examples, scikit-learn's TimeSeriesSplit.",
  ),
  gap: int(0, "[0, inf)", "Examples between the two that are left out, when in order."),
};

export type FoldOptions = Options<typeof foldParams>;

/** Training and validation rows of each of k folds. Throws ConfigError when a fold would be empty. */
export function foldRows(
  set: Dataset,
  k: number,
  given: FoldOptions,
): { readonly train: ArrayLike<number>; readonly valid: ArrayLike<number> }[] {
  if (!Number.isInteger(k) || k < 2)
    throw new ConfigError(`folds: ${String(k)} folds; give a whole number of 2 or more, as folds(5)`);
  const { seed, shuffle, stratify, groups, inOrder, gap } = check(foldParams, given, "folds");
  if (gap > 0 && !inOrder) throw new ConfigError("folds: gap is for folds in order; add inOrder: true");
  if (inOrder) {
    if (stratify || groups !== null)
      throw new ConfigError(`folds: in order nothing is drawn; leave out ${stratify ? "stratify" : "groups"}`);
    return timeFolds(set.size, k, gap).map(({ train, test }) => ({ train, valid: test }));
  }
  const classes = set.task === "classification" && set.y.rank === 1;
  if (stratify && !classes) throw new ConfigError("folds: stratify is for a class for each example; leave it out");
  if (stratify && groups !== null) throw new ConfigError("folds: groups and stratify are both given; give one");
  const order = foldOrder(set.size, seed, shuffle);
  const byClass = stratify ?? (classes && groups === null);
  const folds =
    groups !== null
      ? groupedFolds(groupsOf(set, groups, "folds"), k)
      : byClass
        ? stratifiedFolds(order, set.y.data, k, (label) => set.classes?.[label] ?? String(label))
        : plainFolds(order, k);
  // training examples in the order that was drawn
  return Array.from({ length: k }, (_, fold) => ({
    train: order.filter((row) => folds[row] !== fold),
    valid: order.filter((row) => folds[row] === fold),
  }));
}

/** Which fold tests each example. */
export type Assignment = Int32Array;

/** Order of the examples before they are dealt out: drawn, or as they lie. */
export const foldOrder = (n: number, seed: number, shuffle: boolean): Int32Array =>
  shuffle ? permutation(seed, FOLD_STREAM, 0, n) : Int32Array.from({ length: n }, (_, i) => i);

/** Neighbours in `order` go to one fold; the first n % k folds have one more. As scikit-learn's KFold. */
export function plainFolds(order: Int32Array, k: number): Assignment {
  const n = order.length;
  requireFolds(k, n, `${n} examples`);
  const folds = new Int32Array(n);
  let at = 0;
  for (let fold = 0; fold < k; fold++) {
    const size = Math.floor(n / k) + Number(fold < n % k);
    for (let i = 0; i < size; i++) folds[order[at++] as number] = fold;
  }
  return folds;
}

/**
 * Every fold gets its share of every class, as scikit-learn's StratifiedKFold: classes take turns in the order of their first example,
 * so that folds differ by one example at most. Throws ConfigError when a class has fewer examples than there are folds.
 */
export function stratifiedFolds(
  order: Int32Array,
  labels: ArrayLike<number>,
  k: number,
  nameOf: (label: number) => string = String,
): Assignment {
  const n = order.length;
  requireFolds(k, n, `${n} examples`);
  // classes in the order of their first example
  const places = new Map<number, number>();
  for (let i = 0; i < n; i++) {
    const label = labels[i] as number;
    if (!places.has(label)) places.set(label, places.size);
  }
  const counts = new Int32Array(places.size);
  for (let i = 0; i < n; i++) counts[places.get(labels[i] as number) as number]!++;
  const rare = counts.findIndex((count) => count < k);
  if (rare >= 0) {
    throw new ConfigError(
      `folds: class ${nameOf([...places.keys()][rare] as number)} has ${counts[rare]} example${counts[rare] === 1 ? "" : "s"} for ${k} folds; take ${Math.max(2, Math.min(...counts))} folds or fewer, or stratify: false`,
    );
  }
  // sorted by class, example i goes to fold i % k: how many of each class a fold gets
  const shares = Array.from({ length: k }, () => new Int32Array(places.size));
  let i = 0;
  for (const [c, count] of counts.entries()) for (let j = 0; j < count; j++) shares[i++ % k]![c]!++;
  const folds = new Int32Array(n);
  const next = new Int32Array(places.size);
  const left = shares.map((share) => share.slice());
  for (const row of order) {
    const c = places.get(labels[row] as number) as number;
    while (left[next[c] as number]![c] === 0) next[c]!++;
    folds[row] = next[c] as number;
    left[next[c] as number]![c]!--;
  }
  return folds;
}

/** Groups stay whole: the largest first, each to the fold that has least. As scikit-learn's GroupKFold. */
export function groupedFolds(groups: readonly unknown[], k: number): Assignment {
  const names = [...new Set(groups)].sort((a, b) => ((a as never) < (b as never) ? -1 : 1));
  requireFolds(k, names.length, `${names.length} groups`);
  const place = new Map(names.map((name, i) => [name, i]));
  const sizes = new Int32Array(names.length);
  for (const group of groups) sizes[place.get(group) as number]!++;
  // the later of two equally large ones first
  const bySize = Array.from(sizes.keys()).sort((a, b) => (sizes[b] as number) - (sizes[a] as number) || b - a);
  const loads = new Int32Array(k);
  const foldOf = new Int32Array(names.length);
  for (const group of bySize) {
    const lightest = loads.indexOf(Math.min(...loads));
    foldOf[group] = lightest;
    loads[lightest]! += sizes[group] as number;
  }
  return Int32Array.from(groups, (group) => foldOf[place.get(group) as number] as number);
}

/** Fold f tests the f-th of k equally long stretches and trains on all before it. As scikit-learn's TimeSeriesSplit. */
export function timeFolds(n: number, k: number, gap = 0): { readonly train: Int32Array; readonly test: Int32Array }[] {
  const size = Math.floor(n / (k + 1));
  if (size === 0 || n - k * size - gap <= 0) {
    throw new ConfigError(
      `folds: ${n} examples in their order do not give ${k} folds${gap ? ` with a gap of ${gap}` : ""} and something before them to train on; take fewer folds`,
    );
  }
  const range = (from: number, to: number) => Int32Array.from({ length: to - from }, (_, i) => from + i);
  return Array.from({ length: k }, (_, fold) => {
    const from = n - (k - fold) * size;
    return { train: range(0, from - gap), test: range(from, from + size) };
  });
}

function requireFolds(k: number, most: number, what: string): void {
  if (k <= most) return;
  throw new ConfigError(`folds: ${k} folds of ${what}: each needs one at least; take ${most} or fewer`);
}
