import { readable } from "../chart/format.ts";

export interface Tick {
  /** On the axis: of a logarithmic one, the logarithm. */
  at: number;
  text: string;
}

/** Round values between two ends, about `count` of them. */
export function ticks(low: number, high: number, count: number): Tick[] {
  const rough = (high - low) / Math.max(1, count);
  if (!(rough > 0)) return [{ at: low, text: readable(low) }];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, i) => {
    // a multiple of 0.1 carries no stray digits
    const at = Number(((first + i) * step).toPrecision(12));
    return { at, text: readable(at) };
  });
}

/** Ticks of an axis of log10: whole powers, and 2 and 5 times them where there are few. */
export function logTicks(low: number, high: number, count: number): Tick[] {
  const every = Math.max(1, Math.ceil((high - low) / Math.max(1, count)));
  const factors = high - low < 2 ? [1, 2, 5] : [1];
  const found: Tick[] = [];
  for (let power = Math.floor(low); power <= high; power++) {
    if (power % every !== 0) continue;
    for (const factor of factors) {
      const at = power + Math.log10(factor);
      if (at >= low - 1e-9 && at <= high + 1e-9) found.push({ at, text: readable(factor * 10 ** power) });
    }
  }
  return found.length > 1 ? found : [low, high].map((at) => ({ at, text: readable(10 ** at) }));
}
