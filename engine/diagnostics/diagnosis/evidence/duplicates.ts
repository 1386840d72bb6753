import type { Dataset } from "../../../data/index.ts";
import { sizeOf, viewAs } from "../../../tensor/index.ts";

/** Examples of one part that are also in the training part. */
export interface Shared {
  readonly part: "validation" | "test";
  readonly count: number;
  readonly of: number;
}

export interface DuplicateFacts {
  /** Share of training examples that occur there more than once. */
  readonly within: number;
  /** Whether features take so many values that equal examples must be copies of each other. */
  readonly copies: boolean;
  readonly shared: readonly Shared[];
}

/** Counts examples whose features are the same bits. */
export function duplicateFacts(parts: {
  readonly train: Dataset;
  readonly valid?: Dataset | undefined;
  readonly test?: Dataset | undefined;
}): DuplicateFacts {
  const known = new Map<string, number>();
  for (const key of keys(parts.train)) known.set(key, (known.get(key) ?? 0) + 1);
  const again = parts.train.size - known.size;
  const shared = (["valid", "test"] as const).flatMap((name): Shared[] => {
    const set = parts[name];
    if (!set) return [];
    const count = keys(set).filter((key) => known.has(key)).length;
    return [{ part: name === "valid" ? "validation" : "test", count, of: set.size }];
  });
  return { within: again / Math.max(1, parts.train.size), copies: fine(parts.train), shared };
}

/** Pairs of values that two features could take for each example, above which chance makes no equal examples. */
const ROOM = 10;

/** Whether the two features with most values could take so many pairs of them. */
function fine(set: Dataset): boolean {
  const features = sizeOf(set.x.shape.slice(1));
  const counts: number[] = [];
  for (let f = 0; f < features; f += Math.ceil(features / 256)) {
    const values = new Set<number>();
    for (let i = f; i < set.x.size; i += features) values.add(set.x.data[i] as number);
    counts.push(values.size);
  }
  const [most = 0, second = 0] = counts.sort((a, b) => b - a);
  return most * second > ROOM * set.size;
}

/** Two 32-bit hashes of each example's bits (FNV-1a over words with two offsets): equal for equal examples. */
function keys(set: Dataset): string[] {
  const features = sizeOf(set.x.shape.slice(1));
  const { data } = set.x;
  const bits = viewAs("u32", data);
  return Array.from({ length: set.size }, (_, r) => {
    let [a, b] = [0x811c9dc5, 0x9747b28c];
    for (let f = r * features; f < (r + 1) * features; f++) {
      const word = bits[f] === 0x80000000 ? 0 : (bits[f] as number); // -0 is 0
      a = Math.imul(a ^ word, 0x01000193);
      a ^= a >>> 15;
      b = Math.imul(b ^ word, 0x85ebca6b);
      b ^= b >>> 13;
    }
    return `${a >>> 0} ${b >>> 0}`;
  });
}
