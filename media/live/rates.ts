import { WORDS } from "./words.ts";

/** A step (updates done before it) and its learning rate. */
export type Point = readonly [step: number, lr: number];

/** Rates below this share of the largest are drawn as that: 0 has no place on a logarithmic axis, and the last steps of a cosine would take it all. */
const FLOOR = 1e-3;

/** A rate in a few digits: `3e-4`, `0.012`. */
export function rateText(value: number): string {
  const rounded = Number(value.toPrecision(3));
  return rounded !== 0 && Math.abs(rounded) < 0.01 ? rounded.toExponential() : String(rounded);
}

/** What somebody typed as a rate, or why it is none. */
export function readRate(text: string): number | string {
  const value = Number(text.trim().replace(",", "."));
  if (text.trim() === "" || Number.isNaN(value)) return WORDS.noNumber(text.trim());
  return value > 0 && value < Infinity ? value : WORDS.notPositive;
}

/** Rates that a logarithmic axis can show. */
export function raised(points: readonly Point[]): Point[] {
  const most = Math.max(...points.map(([, lr]) => lr));
  const least = most > 0 ? most * FLOOR : 1e-8;
  return points.map(([step, lr]) => [step, Math.max(lr, least)]);
}

/** The decades that hold all rates, with room to drag them. */
export function decades(points: readonly Point[]): readonly [low: number, high: number] {
  const logs = points.map(([, lr]) => Math.log10(lr));
  return [Math.floor(Math.min(...logs) - 0.7), Math.ceil(Math.max(...logs) + 0.7)];
}

/** At most `most` of the points, such that straight lines between them stay near the rest (Douglas and Peucker 1973). */
export function simplified(points: readonly Point[], most: number): Point[] {
  if (points.length <= 2) return [...points];
  const largest = Math.max(...points.map(([, lr]) => lr));
  const kept = new Set([0, points.length - 1]);
  while (kept.size < most) {
    const ends = [...kept].sort((a, b) => a - b);
    let worst = { at: -1, gap: 0.01 * largest };
    for (const [i, from] of ends.slice(0, -1).entries()) {
      const to = ends[i + 1] as number;
      for (let at = from + 1; at < to; at++) {
        const [step, lr] = points[at] as Point;
        const gap = Math.abs(lr - along([points[from] as Point, points[to] as Point], step));
        if (gap > worst.gap) worst = { at, gap };
      }
    }
    if (worst.at < 0) break;
    kept.add(worst.at);
  }
  return [...kept].sort((a, b) => a - b).map((at) => points[at] as Point);
}

/** Straight lines through the points, as the kernel goes along them; level before the first and after the last. */
export function along(points: readonly Point[], step: number): number {
  const after = points.findIndex(([at]) => at > step);
  const to = points[after];
  const from = after < 0 ? points.at(-1) : points[after - 1];
  if (from === undefined) return to?.[1] ?? Number.NaN;
  if (to === undefined) return from[1];
  return from[1] + ((to[1] - from[1]) * (step - from[0])) / (to[0] - from[0]);
}

/** The points with one moved: between its neighbours, within the rates of the axis. */
export function moved(
  points: readonly Point[],
  at: number,
  [step, lr]: Point,
  [low, high]: readonly [number, number],
): Point[] {
  const before = points[at - 1]?.[0];
  const after = points[at + 1]?.[0];
  const own = points[at] as Point;
  // the ends stay where the rest of the run begins and ends
  const free = before !== undefined && after !== undefined;
  const place = free ? Math.min(after - 1, Math.max(before + 1, Math.round(step))) : own[0];
  const rate = Math.min(10 ** high, Math.max(10 ** low, lr));
  return points.map((point, i) => (i === at ? [place, rate] : point));
}

/** The points with one more in the middle of the widest gap, or at `step`; the same when there is no room. */
export function withOneMore(points: readonly Point[], step?: number): { points: Point[]; at: number } {
  const gaps = points.slice(1).map(([to], i) => to - (points[i] as Point)[0]);
  const widest = gaps.indexOf(Math.max(...gaps));
  const place = Math.round(step ?? (points[widest] as Point)[0] + (gaps[widest] as number) / 2);
  const at = points.findIndex(([own]) => own >= place);
  if (at <= 0 || points[at]?.[0] === place) return { points: [...points], at: Math.max(0, at) };
  const before = points[at - 1] as Point;
  if (before[0] === place) return { points: [...points], at: at - 1 };
  return { points: [...points.slice(0, at), [place, along(points, place)], ...points.slice(at)], at };
}
