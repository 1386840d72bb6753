import type { ChartHints } from "../chart/payload.ts";
import type { Table } from "../chart/table.ts";

export type SurfaceHint = NonNullable<ChartHints["surface"]>;

/** Heights over a grid: `z[j * xs.length + i]` stands at `xs[i]`, `ys[j]`; NaN is a hole. */
export interface Grid {
  xs: readonly number[];
  ys: readonly number[];
  z: readonly number[];
  /** The line over it; NaN breaks it. */
  path: readonly (readonly [x: number, y: number, z: number])[];
  /** Heights are log10 of the values. */
  log: boolean;
  low: number;
  high: number;
}

/** The grid of a chart's rows, in any order; null when there is nothing to see: under two rows or columns, or no finite height. */
export function readGrid(hint: SurfaceHint, tables: ReadonlyMap<string, Table>): Grid | null {
  const rows = points(hint, tables, hint.log);
  const xs = ascending(rows.map(([x]) => x));
  const ys = ascending(rows.map(([, y]) => y));
  if (xs.length < 2 || ys.length < 2) return null;
  const column = new Map(xs.map((x, i) => [x, i]));
  const row = new Map(ys.map((y, j) => [y, j]));
  const z = new Array<number>(xs.length * ys.length).fill(Number.NaN);
  for (const [x, y, height] of rows) {
    const [i, j] = [column.get(x), row.get(y)];
    if (i !== undefined && j !== undefined) z[j * xs.length + i] = height;
  }
  const heights = z.filter(Number.isFinite);
  if (heights.length === 0) return null;
  const path = hint.path === undefined ? [] : points(hint.path, tables, hint.log);
  const low = heights.reduce((a, b) => Math.min(a, b));
  const high = heights.reduce((a, b) => Math.max(a, b));
  return { xs, ys, z, path, log: hint.log, low, high };
}

/** Columns as points; heights that are not finite, or have no logarithm, are NaN. */
function points(
  { dataset, x, y, z }: Pick<SurfaceHint, "dataset" | "x" | "y" | "z">,
  tables: ReadonlyMap<string, Table>,
  log: boolean,
): [number, number, number][] {
  const table = tables.get(dataset);
  return Array.from({ length: table?.length ?? 0 }, (_, i) => {
    const value = Number(table?.value(z, i));
    const height = log ? Math.log10(value) : value;
    return [Number(table?.value(x, i)), Number(table?.value(y, i)), Number.isFinite(height) ? height : Number.NaN];
  });
}

function ascending(values: readonly number[]): number[] {
  return [...new Set(values.filter(Number.isFinite))].sort((a, b) => a - b);
}
