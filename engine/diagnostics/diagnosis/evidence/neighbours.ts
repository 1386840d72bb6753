import type { Dataset } from "../../../data/index.ts";
import { sizeOf } from "../../../tensor/index.ts";
import { evenly, type FeatureFacts } from "./features.ts";

/** Examples that are asked about, those that may be their neighbours, and features of each, at most. */
const ASKED = 500;
const AMONG = 2000;
const FEATURES = 256;
const NEIGHBOURS = 10;

/** What the nearest training examples say of a training example's label. */
export interface NeighbourFacts {
  readonly asked: number;
  readonly neighbours: number;
  /** Share of examples whose label is the one most of their neighbours have: what a simple model would reach. */
  readonly accuracy: number;
  /** Examples in the half of the neighbourhoods that agree best, and how far those agree. */
  readonly clear: number;
  readonly clearShare: number;
  /**
   * Of those, the share with a label other than their neighbours'. Where classes merely overlap this is near 0, as there are
   * places where they do not; random labels are as frequent there as anywhere.
   */
  readonly odd: number;
}

/** How the vote of the nearest training examples does on another part. */
export interface AcrossParts {
  readonly asked: number;
  readonly accuracy: number;
}

/** Leave-one-out nearest neighbours over standardized features. Null for regression and for few examples. */
export function neighbourFacts(set: Dataset, features: FeatureFacts): NeighbourFacts | null {
  const k = neighboursOf(set);
  if (k === null) return null;
  const among = evenly(set.size, AMONG);
  const scaled = scaledRows(set, features, among);
  const label = (i: number) => set.y.data[among[i] as number] as number;
  const found = evenly(among.length, ASKED).map((q) => {
    const [top, count] = vote(nearest(scaled, scaled[q] as Float32Array, k, q), label);
    return { agree: top === label(q), share: count / k };
  });
  const order = [...found].sort((a, b) => b.share - a.share);
  const limit = (order[Math.floor((order.length - 1) / 2)] as { share: number }).share;
  const clear = found.filter(({ share }) => share >= limit);
  return {
    asked: found.length,
    neighbours: k,
    accuracy: found.filter(({ agree }) => agree).length / found.length,
    clear: clear.length,
    clearShare: clear.reduce((s, { share }) => s + share, 0) / clear.length,
    odd: clear.filter(({ agree }) => !agree).length / clear.length,
  };
}

/** The same vote for validation examples. Null where `neighbourFacts` is, and for fewer than 20 of them. */
export function acrossParts(
  { train, valid }: { readonly train: Dataset; readonly valid?: Dataset | undefined },
  features: FeatureFacts,
): AcrossParts | null {
  const k = neighboursOf(train);
  if (k === null || !valid || valid.size < 20) return null;
  const among = evenly(train.size, AMONG);
  const scaled = scaledRows(train, features, among);
  const label = (i: number) => train.y.data[among[i] as number] as number;
  const asked = evenly(valid.size, ASKED);
  const right = scaledRows(valid, features, asked).filter(
    (row, i) => vote(nearest(scaled, row, k), label)[0] === valid.y.data[asked[i] as number],
  ).length;
  return { asked: asked.length, accuracy: right / asked.length };
}

/** Share of the targets' variance that the mean of a training example's nearest neighbours explains; null for classes and for few examples. */
export function neighbourR2(set: Dataset, features: FeatureFacts): number | null {
  if (set.task !== "regression" || set.size < 10 * NEIGHBOURS) return null;
  const among = evenly(set.size, AMONG);
  const scaled = scaledRows(set, features, among);
  const outputs = sizeOf(set.y.shape.slice(1));
  const asked = evenly(among.length, ASKED);
  const target = (i: number, o: number) => set.y.data[(among[i] as number) * outputs + o] as number;
  let [errors, squares] = [0, 0];
  const means = Array.from({ length: outputs }, (_, o) => asked.reduce((s, q) => s + target(q, o), 0) / asked.length);
  for (const q of asked) {
    const near = nearest(scaled, scaled[q] as Float32Array, NEIGHBOURS, q);
    for (let o = 0; o < outputs; o++) {
      errors += (target(q, o) - near.reduce((s, i) => s + target(i, o), 0) / near.length) ** 2;
      squares += (target(q, o) - (means[o] as number)) ** 2;
    }
  }
  return squares > 0 ? 1 - errors / squares : null;
}

/** Neighbours that vote; null where classes have too few examples for it. */
function neighboursOf({ task, y, classes, size }: Dataset): number | null {
  const count = classes?.length ?? 0;
  if (task !== "classification" || y.rank !== 1 || size < 15 * count) return null;
  const k = Math.min(NEIGHBOURS, Math.floor(size / (2 * Math.max(1, count))));
  return k < 5 ? null : k;
}

/** Features of some examples, in deviations of the training part. */
function scaledRows(set: Dataset, features: FeatureFacts, rows: readonly number[]): Float32Array[] {
  const width = sizeOf(set.x.shape.slice(1));
  const columns = evenly(width, FEATURES).filter((f) => (features.std[f] as number) > 0);
  return rows.map((r) =>
    Float32Array.from(columns, (f) => {
      const v = ((set.x.data[r * width + f] as number) - (features.mean[f] as number)) / (features.std[f] as number);
      return Number.isFinite(v) ? Math.max(-8, Math.min(8, v)) : 0; // no rare pixel decides alone
    }),
  );
}

/** The most frequent label and how often it is there. */
function vote(near: readonly number[], label: (i: number) => number): [number, number] {
  const votes = new Map<number, number>();
  for (const i of near) votes.set(label(i), (votes.get(label(i)) ?? 0) + 1);
  return [...votes].sort((a, b) => b[1] - a[1])[0] as [number, number];
}

/** Places of the k rows closest to `from`, row `q` left out. */
function nearest(rows: readonly Float32Array[], from: Float32Array, k: number, q = -1): number[] {
  const best: { i: number; d: number }[] = [];
  for (let i = 0; i < rows.length; i++) {
    if (i === q) continue;
    const to = rows[i] as Float32Array;
    const worst = best.length < k ? Number.POSITIVE_INFINITY : (best[k - 1] as { d: number }).d;
    let d = 0;
    for (let f = 0; f < from.length && d < worst; f++) d += ((from[f] as number) - (to[f] as number)) ** 2;
    if (d >= worst) continue;
    let at = Math.min(best.length, k - 1);
    while (at > 0 && (best[at - 1] as { d: number }).d > d) {
      best[at] = best[at - 1] as { i: number; d: number };
      at--;
    }
    best[at] = { i, d };
  }
  return best.map(({ i }) => i);
}
