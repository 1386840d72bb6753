import type { Dataset } from "../../../data/index.ts";
import { sizeOf } from "../../../tensor/index.ts";

/** Examples at most that statistics of features look at, spread evenly. */
const MOST_EXAMPLES = 4096;

/** How the features of the training examples are scaled. */
export interface FeatureFacts {
  readonly count: number;
  readonly names: readonly string[];
  readonly mean: Float64Array;
  readonly std: Float64Array;
  /** Features with one value throughout. */
  readonly constant: number;
  /** Root mean square of all values: 1 when standardized. */
  readonly rms: number;
  /** Largest over smallest deviation, among the features that vary at least in every tenth example. */
  readonly ratio: number;
  readonly widest: string;
  readonly narrowest: string;
  /** Values that are NaN or infinite. */
  readonly nonFinite: number;
  readonly min: number;
  readonly max: number;
}

/** Mean and population deviation of every feature, in f64. */
export function featureFacts(set: Dataset): FeatureFacts {
  const { x } = set;
  const examples = x.shape[0] as number;
  const features = sizeOf(x.shape.slice(1));
  const rows = evenly(examples, MOST_EXAMPLES);
  const [mean, squares] = [new Float64Array(features), new Float64Array(features)];
  const seen = Array.from({ length: features }, () => new Map<number, number>());
  let [nonFinite, total, min, max] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const r of rows) {
    for (let f = 0; f < features; f++) {
      const v = x.data[r * features + f] as number;
      if (!Number.isFinite(v)) {
        nonFinite++;
        continue;
      }
      mean[f] = (mean[f] as number) + v / rows.length;
      total += v * v;
      min = Math.min(min, v);
      max = Math.max(max, v);
      const values = seen[f] as Map<number, number>;
      if (values.size < 64) values.set(v, (values.get(v) ?? 0) + 1);
    }
  }
  for (const r of rows) {
    for (let f = 0; f < features; f++) {
      const v = x.data[r * features + f] as number;
      if (Number.isFinite(v)) squares[f] = (squares[f] as number) + (v - (mean[f] as number)) ** 2 / rows.length;
    }
  }
  const std = squares.map(Math.sqrt);
  // a pixel that has ink in one example of a hundred has a small deviation and is no matter of scale
  const usual = (f: number) => Math.max(...(seen[f] as Map<number, number>).values()) < 0.9 * rows.length;
  const varying = Array.from(std.keys()).filter((f) => (std[f] as number) > 0 && usual(f));
  varying.sort((a, b) => (std[a] as number) - (std[b] as number));
  const [low, high] = [varying[0], varying.at(-1)];
  const name = (f: number | undefined) => (f === undefined ? "" : nameOf(set, f));
  return {
    count: features,
    names: set.featureNames,
    mean,
    std,
    constant: std.filter((s, f) => !(s > 1e-12 * Math.abs(mean[f] as number))).length,
    rms: Math.sqrt(total / Math.max(1, rows.length * features - nonFinite)),
    ratio: low === undefined || high === undefined ? 1 : (std[high] as number) / (std[low] as number),
    widest: name(high),
    narrowest: name(low),
    nonFinite,
    min,
    max,
  };
}

/** What the source calls feature `f`. */
export const nameOf = (set: Dataset, f: number): string => set.featureNames[f] ?? `feature ${f}`;

/** Up to `most` of `count` places, evenly spread. */
export function evenly(count: number, most: number): number[] {
  const n = Math.min(count, most);
  return Array.from({ length: n }, (_, i) => Math.floor((i * count) / n));
}
