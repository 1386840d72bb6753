/** How often values fall between edges. */
export interface Histogram {
  readonly counts: readonly number[];
  /** One more than there are counts. */
  readonly edges: readonly number[];
}

/**
 * Values counted in `bins` of equal width: each from its lower edge up to its upper one, the last with its upper edge. The range is
 * that of the values when not given; what is outside is dropped, and so is NaN. As numpy.histogram: a range of one value is widened by 1/2.
 */
export function histogram(
  values: Iterable<number>,
  bins: number,
  range?: readonly [low: number, high: number],
): Histogram {
  const all = Array.from(values).filter((x) => !Number.isNaN(x));
  let [low, high] = range ?? [
    all.reduce((a, b) => Math.min(a, b), Infinity),
    all.reduce((a, b) => Math.max(a, b), -Infinity),
  ];
  if (!(low <= high)) [low, high] = [0, 1];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const edges = Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : low + (i * (high - low)) / bins));
  const counts = new Array<number>(bins).fill(0);
  for (const x of all) {
    if (x < low || x > high) continue;
    let bin = Math.min(bins - 1, Math.floor(((x - low) / (high - low)) * bins));
    // by its edges, where division rounds over one
    if (x < (edges[bin] as number)) bin -= 1;
    else if (bin < bins - 1 && x >= (edges[bin + 1] as number)) bin += 1;
    counts[bin] = (counts[bin] as number) + 1;
  }
  return { counts, edges };
}

/** Deviation of the mean of `count` independent values that have `deviation`: sigma / sqrt(n). */
export const standardError = (deviation: number, count: number): number => deviation / Math.sqrt(count);
