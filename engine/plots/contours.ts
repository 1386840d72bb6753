/** Values of a function on a grid: row j has y from low to high, and along it x from low to high. */
export interface SurfaceGrid {
  /** Ends of the axes. */
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly nx: number;
  readonly ny: number;
  /** values[j * nx + i] */
  readonly values: Float64Array;
}

/** A line along which the function has one value. */
export interface Contour {
  /** Which of the levels. */
  readonly level: number;
  /** x0, y0, x1, y1, ... */
  readonly points: readonly number[];
}

/** Where an edge of a cell is crossed: between corner `a` and corner `b`, as indices into the grid. */
type Crossing = readonly [a: number, b: number];

/**
 * The lines on which the grid's linear interpolation has one of `levels`, by marching squares: each cell is crossed by no
 * line, one or two, and those of neighbours are joined. Cells with a value that is not finite are left out. Points closer than
 * `fineness` of the axes' lengths to the line between their neighbours are dropped.
 * Lorensen & Cline 1987, Marching Cubes, in two dimensions; ambiguous cells by the mean of their corners.
 */
export function contours(grid: SurfaceGrid, levels: readonly number[], fineness = 1.5e-3): Contour[] {
  return levels.flatMap((value, level) =>
    joined(segments(grid, value)).map((line) => ({
      level,
      points: simplified(
        line.map((crossing) => position(grid, crossing, value)),
        grid,
        fineness,
      ).flat(),
    })),
  );
}

/** Ends of the lines through every cell. */
function segments({ nx, ny, values }: SurfaceGrid, level: number): [Crossing, Crossing][] {
  const found: [Crossing, Crossing][] = [];
  for (let j = 0; j + 1 < ny; j++) {
    for (let i = 0; i + 1 < nx; i++) {
      const a = j * nx + i;
      const corners = [a, a + 1, a + nx + 1, a + nx];
      const heights = corners.map((corner) => values[corner] as number);
      if (!heights.every(Number.isFinite)) continue;
      const above = heights.map((height) => height > level);
      const crossed = [0, 1, 2, 3].filter((side) => above[side] !== above[(side + 1) % 4]);
      const at = (side: number): Crossing => {
        const [from, to] = [corners[side] as number, corners[(side + 1) % 4] as number];
        return from < to ? [from, to] : [to, from];
      };
      if (crossed.length === 2) found.push([at(crossed[0] as number), at(crossed[1] as number)]);
      if (crossed.length === 4) {
        const middle = heights.reduce((sum, height) => sum + height, 0) / 4 > level;
        const [first, second] =
          middle === above[0]
            ? [
                [0, 1],
                [2, 3],
              ]
            : [
                [3, 0],
                [1, 2],
              ];
        for (const [p, q] of [first, second] as [number, number][]) found.push([at(p), at(q)]);
      }
    }
  }
  return found;
}

/** Lines made of segments that share a crossing. */
function joined(parts: readonly [Crossing, Crossing][]): Crossing[][] {
  const key = ([a, b]: Crossing) => `${a} ${b}`;
  const meeting = new Map<string, number[]>();
  for (const [n, ends] of parts.entries()) {
    for (const end of ends) meeting.set(key(end), [...(meeting.get(key(end)) ?? []), n]);
  }
  const used = new Set<number>();
  /** Goes on from `end` until the line ends or closes. */
  const follow = (end: Crossing): Crossing[] => {
    const line: Crossing[] = [];
    for (let here = end; ; ) {
      const next = (meeting.get(key(here)) ?? []).find((n) => !used.has(n));
      if (next === undefined) return line;
      used.add(next);
      const [p, q] = parts[next] as [Crossing, Crossing];
      here = key(p) === key(here) ? q : p;
      line.push(here);
    }
  };
  const lines: Crossing[][] = [];
  for (const [n, [p, q]] of parts.entries()) {
    if (used.has(n)) continue;
    used.add(n);
    const forward = [q, ...follow(q)];
    lines.push([...follow(p).reverse(), p, ...forward]);
  }
  return lines;
}

function position({ x, y, nx, ny, values }: SurfaceGrid, [a, b]: Crossing, level: number): [number, number] {
  const [low, high] = [values[a] as number, values[b] as number];
  const share = high === low ? 0.5 : (level - low) / (high - low);
  const along = (from: number, to: number) => from + (to - from) * share;
  const i = along(a % nx, b % nx);
  const j = along(Math.floor(a / nx), Math.floor(b / nx));
  return [x[0] + ((x[1] - x[0]) * i) / (nx - 1), y[0] + ((y[1] - y[0]) * j) / (ny - 1)];
}

/** Ramer 1972, Douglas & Peucker 1973: points that say no more than their neighbours are dropped. */
function simplified(line: [number, number][], { x, y }: SurfaceGrid, fineness: number): [number, number][] {
  const scaled = line.map(([a, b]) => [a / (x[1] - x[0]), b / (y[1] - y[0])] as const);
  const keep = new Uint8Array(line.length);
  const pending: [number, number][] = [[0, line.length - 1]];
  for (let range = pending.pop(); range; range = pending.pop()) {
    const [from, to] = range;
    keep[from] = keep[to] = 1;
    let worst = fineness;
    let at = -1;
    for (let i = from + 1; i < to; i++) {
      const off = fromSegment(scaled[i] as Pair, scaled[from] as Pair, scaled[to] as Pair);
      if (off > worst) [worst, at] = [off, i];
    }
    if (at >= 0) pending.push([from, at], [at, to]);
  }
  return line.filter((_, i) => keep[i]);
}

type Pair = readonly [number, number];

/** Distance of p from the straight line between a and b; from a where they are one point. */
function fromSegment([px, py]: Pair, [ax, ay]: Pair, [bx, by]: Pair): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / length));
  return Math.hypot(px - ax - t * dx, py - ay - t * dy);
}

/** Values that part the grid's range into `count` + 1 bands: evenly, or in equal ratios from the lowest hundredth up. */
export function levelsOf(grid: SurfaceGrid, count: number, log: boolean): number[] {
  const sorted = grid.values.filter(Number.isFinite).sort();
  const high = sorted.at(-1) ?? 1;
  const low = log ? Math.max(sorted[Math.floor(sorted.length / 100)] ?? 0, high * 1e-6) : (sorted[0] ?? 0);
  const share = (i: number): number => (i + (log ? 0 : 1)) / (count + (log ? 0 : 1));
  return Array.from({ length: count }, (_, i) =>
    log ? low * (high / low) ** share(i) : low + (high - low) * share(i),
  );
}
