import type { SurfaceGrid } from "./contours.ts";

/** From `low` to `high` at x. */
export interface Span {
  readonly x: number;
  readonly low: number;
  readonly high: number;
}

type Interval = readonly [low: number, high: number];

/**
 * Where the grid is above `level`, as pieces that an area mark can fill: each has one span at every x from its left end to its
 * right end. Where a piece parts in two, or two meet, new ones begin; together they cover the region once. Spans nearer than
 * `fineness` of the vertical axis to the straight lines between their neighbours are dropped.
 */
export function regions(grid: SurfaceGrid, level: number, fineness = 1.5e-3): Span[][] {
  const pieces: Span[][] = [];
  const begin = (...spans: Span[]): Span[] => {
    pieces.push(spans);
    return spans;
  };
  let before: { interval: Interval; piece: Span[] }[] = [];
  let left = Number.NaN;
  for (let i = 0; i < grid.nx; i++) {
    const x = grid.x[0] + ((grid.x[1] - grid.x[0]) * i) / (grid.nx - 1);
    const here = intervals(grid, i, level);
    const after = before.map(({ interval }) => here.filter((other) => overlap(interval, other)));
    const now = here.map((interval) => {
      const sources = before.filter((_, k) => after[k]?.includes(interval));
      const span = spanAt(x, interval);
      if (sources.length === 0) {
        const middle = (interval[0] + interval[1]) / 2;
        return { interval, piece: Number.isNaN(left) ? begin(span) : begin(spanAt(left, [middle, middle]), span) };
      }
      const lone = sources.length === 1;
      for (const source of sources) {
        const { interval: from, piece } = source;
        const targets = after[before.indexOf(source)] as Interval[];
        const to = lone
          ? span
          : spanAt(
              x,
              share(
                interval,
                sources.map((s) => s.interval),
                from,
              ),
            );
        if (targets.length === 1) piece.push(to);
        else {
          const fresh = begin(spanAt(left, share(from, targets, interval)), to);
          if (lone) return { interval, piece: fresh };
        }
        if (lone) return { interval, piece };
      }
      return { interval, piece: begin(span) };
    });
    for (const [k, { interval, piece }] of before.entries()) {
      const middle = (interval[0] + interval[1]) / 2;
      if (after[k]?.length === 0) piece.push(spanAt(x, [middle, middle]));
    }
    before = now;
    left = x;
  }
  const tolerance = fineness * (grid.y[1] - grid.y[0]);
  return pieces.filter((piece) => piece.length > 1).map((piece) => thinned(piece, tolerance));
}

const spanAt = (x: number, [low, high]: Interval): Span => ({ x, low, high });
const overlap = (a: Interval, b: Interval): boolean => a[0] < b[1] && b[0] < a[1];

/** The part of `whole` that belongs to `one` of several intervals: up to half-way to its neighbours. */
function share(whole: Interval, several: readonly Interval[], one: Interval): Interval {
  const at = several.indexOf(one);
  const [below, above] = [several[at - 1], several[at + 1]];
  const within = (y: number) => Math.min(whole[1], Math.max(whole[0], y));
  return [below ? within((below[1] + one[0]) / 2) : whole[0], above ? within((one[1] + above[0]) / 2) : whole[1]];
}

/** As `contours` thins lines: both edges stay within the tolerance. */
function thinned(piece: readonly Span[], tolerance: number): Span[] {
  const keep = new Uint8Array(piece.length);
  const pending: [number, number][] = [[0, piece.length - 1]];
  for (let range = pending.pop(); range; range = pending.pop()) {
    const [from, to] = range;
    keep[from] = keep[to] = 1;
    const [a, b] = [piece[from] as Span, piece[to] as Span];
    let worst = tolerance;
    let at = -1;
    for (let i = from + 1; i < to; i++) {
      const { x, low, high } = piece[i] as Span;
      const t = (x - a.x) / (b.x - a.x);
      const off = Math.max(
        Math.abs(a.low + t * (b.low - a.low) - low),
        Math.abs(a.high + t * (b.high - a.high) - high),
      );
      if (off > worst) [worst, at] = [off, i];
    }
    if (at >= 0) pending.push([from, at], [at, to]);
  }
  return piece.filter((_, i) => keep[i]);
}

/** Where column i is above the level, from low to high, by linear interpolation between its points. */
function intervals({ y, nx, ny, values }: SurfaceGrid, i: number, level: number): Interval[] {
  const found: Interval[] = [];
  const place = (j: number) => y[0] + ((y[1] - y[0]) * j) / (ny - 1);
  let from: number | undefined;
  let last = Number.NaN;
  for (let j = 0; j < ny; j++) {
    const value = values[j * nx + i] as number;
    const above = value > level;
    const crossing = place(j - (value - level) / (value - last));
    if (above && from === undefined) from = j === 0 || !Number.isFinite(crossing) ? place(j) : crossing;
    if (!above && from !== undefined) {
      found.push([from, Number.isFinite(crossing) ? crossing : place(j - 1)]);
      from = undefined;
    }
    last = value;
  }
  if (from !== undefined) found.push([from, y[1]]);
  return found;
}
