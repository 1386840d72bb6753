import type { Dataset } from "../../data/index.ts";
import { words } from "../../random/index.ts";

/** Stream of the order in which examples join, apart from those of splits and of training. */
const SUBSET_STREAM = 0x5eed0003;

/**
 * An order of a set's rows in which every beginning is a sample with the shares of the classes: example k of m in its class, in an order that
 * `seed` draws, stands at (k + u) / m with a random u. Parts of growing size are nested.
 */
export function nestedOrder(set: Dataset, seed: number): number[] {
  const draws = words(seed, SUBSET_STREAM, 0, 2 * set.size);
  const labelled = set.task === "classification" && set.y.size === set.size;
  const groups = new Map<number, number[]>();
  for (let i = 0; i < set.size; i++) {
    const label = labelled ? (set.y.data[i] as number) : 0;
    const group = groups.get(label);
    if (group) group.push(i);
    else groups.set(label, [i]);
  }
  const place = new Float64Array(set.size);
  for (const rows of groups.values()) {
    const shuffled = [...rows].sort((a, b) => (draws[a] as number) - (draws[b] as number) || a - b);
    for (const [k, row] of shuffled.entries()) {
      place[row] = (k + (draws[set.size + row] as number) * 2 ** -32) / rows.length;
    }
  }
  return Array.from(place, (_, i) => i).sort((a, b) => (place[a] as number) - (place[b] as number) || a - b);
}
