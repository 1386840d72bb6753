/**
 * Exponential moving average, corrected for its start as Adam's moments are: s_t = w s_{t-1} + (1 - w) x_t, shown as
 * s_t / (1 - w^t). `weight` 0 changes nothing; missing values stay missing and do not count.
 */
export function ema(values: ArrayLike<number>, weight: number): Float64Array {
  let [sum, norm] = [0, 0];
  return Float64Array.from(values, (value) => {
    if (Number.isNaN(value)) return Number.NaN;
    sum = weight * sum + (1 - weight) * value;
    norm = weight * norm + (1 - weight);
    return sum / norm;
  });
}
