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
 * right end. Where a piece parts in two, or two meet, new ones begin; together they cover the region once.
 * Every `stride`-th column of the grid is looked at.
 */
export function regions(grid: SurfaceGrid, level: number, stride = 1): Span[][] {
  const pieces: Span[][] = [];
  const begin = (...spans: Span[]): Span[] => {
    pieces.push(spans);
    return spans;
  };
  let before: { interval: Interval; piece: Span[] }[] = [];
  let left = Number.NaN;
  for (const i of columnsOf(grid.nx, stride)) {
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
  return pieces.filter((piece) => piece.length > 1);
}

function* columnsOf(nx: number, stride: number): Generator<number> {
  for (let i = 0; i < nx - 1; i += stride) yield i;
  yield nx - 1;
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
