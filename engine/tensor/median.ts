/** The middle of the numbers that are there, NaN being "missing"; the mean of the two middle ones of an even count. */
export function median(values: ArrayLike<number>): number {
  const sorted = Array.from(values)
    .filter((v) => !Number.isNaN(v))
    .sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  const lower = sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
  return lower === upper ? upper : (lower + upper) / 2;
}
