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

/** Leave-one-out nearest neighbours over standardized features. Null for regression and for few examples. */
export function neighbourFacts(set: Dataset, features: FeatureFacts): NeighbourFacts | null {
  const classes = set.classes?.length ?? 0;
  if (set.task !== "classification" || set.y.rank !== 1 || set.size < 15 * classes) return null;
  const k = Math.min(NEIGHBOURS, Math.floor(set.size / (2 * Math.max(1, classes))));
  if (k < 5) return null;
  const width = sizeOf(set.x.shape.slice(1));
  const columns = evenly(width, FEATURES).filter((f) => (features.std[f] as number) > 0);
  const among = evenly(set.size, AMONG);
  const scaled = among.map((r) =>
    Float32Array.from(columns, (f) => {
      const v = ((set.x.data[r * width + f] as number) - (features.mean[f] as number)) / (features.std[f] as number);
      return Number.isFinite(v) ? Math.max(-8, Math.min(8, v)) : 0; // no rare pixel decides alone
    }),
  );
  const label = (i: number) => set.y.data[among[i] as number] as number;
  const found = evenly(among.length, ASKED).map((q) => {
    const near = nearest(scaled, q, k);
    const votes = new Map<number, number>();
    for (const i of near) votes.set(label(i), (votes.get(label(i)) ?? 0) + 1);
    const [top, count] = [...votes].sort((a, b) => b[1] - a[1])[0] as [number, number];
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

/** Places of the k rows closest to row q, itself left out. */
function nearest(rows: readonly Float32Array[], q: number, k: number): number[] {
  const from = rows[q] as Float32Array;
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
