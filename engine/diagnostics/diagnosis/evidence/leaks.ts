import type { Dataset } from "../../../data/index.ts";
import { words } from "../../../random/index.ts";
import { sizeOf } from "../../../tensor/index.ts";
import { evenly, nameOf } from "./features.ts";

/** A feature that gives the target away, and how well. */
export interface LabelLeak {
  readonly feature: string;
  /** Share of the examples whose label it gives, or its rank correlation with the value. */
  readonly strength: number;
  readonly kind: "label" | "class" | "value";
}

/** Values that are sorted, all features together, and examples of one, at most. */
const MOST_VALUES = 400_000;
const MOST_EXAMPLES = 2000;
const TIES_STREAM = 0x5eed0007;
/** Natural data has exceptions: one in a hundred. */
const EXCEPTIONS = 0.01;
/** Rank correlation above which a feature is the target under another name. */
const SAME_RANKS = 0.995;

/**
 * A single feature that says the target: sorted by it the classes come one after the other, or it marks one class as a column of a
 * one-hot code does, or it ranks the values. Null when there is none, and for data of one or two features, where that is the task.
 */
export function labelLeak(set: Dataset): LabelLeak | null {
  const features = sizeOf(set.x.shape.slice(1));
  const rows = evenly(set.size, Math.min(MOST_EXAMPLES, Math.max(300, Math.floor(MOST_VALUES / features))));
  if (features < 3 || rows.length < 20) return null;
  const column = (f: number) => rows.map((r) => set.x.data[r * features + f] as number);
  if (set.task === "regression") {
    if (sizeOf(set.y.shape.slice(1)) !== 1) return null;
    const y = ranks(rows.map((r) => set.y.data[r] as number));
    return strongest(features, (f) => {
      const r = Math.abs(correlation(ranks(column(f)), y));
      return r >= SAME_RANKS ? { feature: nameOf(set, f), strength: r, kind: "value" } : null;
    });
  }
  if (set.y.rank !== 1) return null;
  const labels = rows.map((r) => set.y.data[r] as number);
  const classes = new Set(labels).size;
  if (classes < 2 || rows.length < 4 * classes) return null;
  const ties = words(1, TIES_STREAM, 0, rows.length);
  return strongest(features, (f) => {
    const values = column(f);
    const order = rows.map((_, i) => i);
    order.sort((a, b) => (values[a] as number) - (values[b] as number) || (ties[a] as number) - (ties[b] as number));
    let changes = 0;
    for (let i = 1; i < order.length; i++) {
      if (labels[order[i] as number] !== labels[order[i - 1] as number]) changes++;
    }
    const excess = (changes - (classes - 1)) / rows.length;
    if (excess <= EXCEPTIONS) return { feature: nameOf(set, f), strength: 1 - Math.max(0, excess), kind: "label" };
    const marked = classes > 2 ? marksClass(values, labels) : 0;
    return marked >= 1 - EXCEPTIONS ? { feature: nameOf(set, f), strength: marked, kind: "class" } : null;
  });
}

/** How well a feature of two values tells one class from the others; 0 for one of more values. */
function marksClass(values: readonly number[], labels: readonly number[]): number {
  const distinct = [...new Set(values)];
  if (distinct.length !== 2) return 0;
  let best = 0;
  for (const label of new Set(labels)) {
    const members = labels.filter((l) => l === label).length;
    if (members < 5) continue;
    const agree = values.filter((v, i) => (v === distinct[0]) === (labels[i] === label)).length / values.length;
    // exceptions are counted against the class, which may be small
    const exceptions = (Math.min(agree, 1 - agree) * values.length) / members;
    best = Math.max(best, 1 - exceptions);
  }
  return best;
}

function strongest(features: number, look: (f: number) => LabelLeak | null): LabelLeak | null {
  let best: LabelLeak | null = null;
  for (let f = 0; f < features; f++) {
    const found = look(f);
    if (found && found.strength > (best?.strength ?? 0)) best = found;
  }
  return best;
}

function ranks(values: readonly number[]): Float64Array {
  const order = values.map((_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number));
  const out = new Float64Array(values.length);
  for (let i = 0; i < order.length; ) {
    let j = i;
    while (j + 1 < order.length && values[order[j + 1] as number] === values[order[i] as number]) j++;
    for (let k = i; k <= j; k++) out[order[k] as number] = (i + j) / 2;
    i = j + 1;
  }
  return out;
}

/** Pearson's. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = a.length;
  let [ma, mb] = [0, 0];
  for (let i = 0; i < n; i++) {
    ma += (a[i] as number) / n;
    mb += (b[i] as number) / n;
  }
  let [aa, bb, ab] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [da, db] = [(a[i] as number) - ma, (b[i] as number) - mb];
    aa += da * da;
    bb += db * db;
    ab += da * db;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}
