import type { ParallelAxis } from "./payload.ts";

/** Values that get a tick of their own rather than a scale. */
const FEW = 6;
/** Ticks closer than this many pixels would run into each other. */
const APART = 14;

/** Where a value stands on an axis: 0 at its lower end, 1 at its upper. */
export function shareOf({ low, high, log }: ParallelAxis, value: number): number {
  const place = log ? Math.log : (x: number) => x;
  const length = place(high) - place(low);
  return length === 0 ? 0.5 : (place(value) - place(low)) / length;
}

/** The values of an axis that get a label: those that there are, when few, else round ones, never closer than labels can stand. */
export function ticksOf(axis: ParallelAxis, pixels: number): number[] {
  const own = [...new Set(axis.values.filter((value) => value !== null))].sort((a, b) => a - b);
  const wanted = own.length <= FEW ? own : axis.log ? decades(axis) : round(axis);
  const kept: number[] = [];
  for (const value of wanted) {
    const last = kept.at(-1);
    if (last === undefined || (shareOf(axis, value) - shareOf(axis, last)) * pixels >= APART) kept.push(value);
  }
  return kept;
}

const decades = ({ low, high }: ParallelAxis): number[] => {
  const [from, to] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const powers = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => 10 ** (from + i));
  return powers.length >= 2 ? powers : [low, high];
};

function round({ low, high }: ParallelAxis): number[] {
  const rough = (high - low) / 5;
  if (!(rough > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step);
}

/** A tick in few characters. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 1e5)) return String(Number(value.toPrecision(4)));
  const text = value.toExponential(2);
  return text.replace(/\.?0+e/, "e").replace("e+", "e");
}
