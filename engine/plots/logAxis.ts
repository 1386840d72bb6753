import type { Spec } from "./plot.ts";

/**
 * Axis options for a logarithmic axis over these values: at most about `count` round ticks, powers of ten where the range has
 * enough of them, with short labels. Vega's own log ticks draw a grid line for every digit.
 */
export function logAxis(values: Iterable<number>, count = 4): Spec {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const v of values) {
    if (!(v > 0 && v < Number.POSITIVE_INFINITY)) continue;
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  if (high === 0) return {};
  const labelExpr =
    "datum.value >= 0.001 && datum.value < 10000 ? format(datum.value, '~g') : replace(format(datum.value, '~e'), 'e+', 'e')";
  return { values: logTicks(low, high, count), labelExpr };
}

function logTicks(low: number, high: number, count: number): number[] {
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const inside = (steps: readonly number[], every: number): number[] => {
    const ticks: number[] = [];
    for (let e = from; e <= to; e += 1) {
      if (((e % every) + every) % every !== 0) continue;
      // as text, so that 1e-7 is not 1.0000000000000001e-7
      for (const s of steps) ticks.push(Number(`${s}e${e}`));
    }
    return ticks.filter((t) => t >= low * 0.999 && t <= high * 1.001);
  };
  const finest = [
    [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 5, 7],
    [1, 2, 5],
    [1, 3],
  ].map((steps) => inside(steps, 1));
  const decades = Array.from({ length: Math.max(1, to - from) }, (_, i) => inside([1], i + 1));
  const fitting = [...finest, ...decades].find((ticks) => ticks.length <= count + 1);
  return fitting?.length ? fitting : [low, high];
}
