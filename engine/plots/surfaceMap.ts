import type { ChartHints, Columns } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { contours, levelsOf, type SurfaceGrid } from "./contours.ts";
import type { Spec } from "./plot.ts";

/** A surface as its map shows it. */
export interface MapState {
  readonly grid: SurfaceGrid;
  readonly minima: readonly (readonly [number, number])[];
  readonly start: readonly [number, number];
}

/** Lines of equal loss. */
const LEVELS = 14;
/** Side of a shaded cell in pixels: whole ones, so that no seams show between rows. */
const SHADE = 5;
/** Points of the grid that is seen in three dimensions, along the longer axis. */
const RELIEF = 49;
/** Parameter: whether shades and lines are evenly spaced in the logarithm of the loss. */
const SCALE = "shading";
const [LINEAR, LOG] = [0, 1];

const hasLog = ({ values }: SurfaceGrid): boolean => values.every((v) => !(v < 0));

export const mapParams = ({ grid }: MapState): Spec[] => [{ name: SCALE, value: hasLog(grid) ? LOG : LINEAR }];

/** Hints of a map: its scale, and the same in three dimensions with `path` over it. */
export const mapHints = (
  { grid }: MapState,
  path?: NonNullable<ChartHints["surface"]>["path"],
): Pick<ChartHints, "choose" | "surface"> => ({
  ...(hasLog(grid) && {
    choose: [
      {
        param: SCALE,
        label: "loss",
        choices: [
          { label: "log scale", value: LOG },
          { label: "linear", value: LINEAR },
        ],
      },
    ],
  }),
  surface: {
    dataset: "relief",
    x: "x",
    y: "y",
    z: "loss",
    labels: { x: "x", y: "y", z: "loss" },
    log: hasLog(grid),
    ...(path && { path }),
  },
});

/** Height in pixels at which both axes have one scale, as long as the map is MAP_WIDTH wide and that looks well. */
export const MAP_WIDTH = 600;
export const mapHeight = ({ grid: { x, y } }: Pick<MapState, "grid">): number =>
  SHADE * Math.round(Math.min(420, Math.max(220, (MAP_WIDTH * (y[1] - y[0])) / (x[1] - x[0]))) / SHADE);

/** Formulas longer than this stay out of the picture. */
const LONG = 70;

export const mapTitle = (name: string, formula: string): string =>
  `${formula.length <= LONG ? `${name}: ${formula}` : `loss of ${name}`}   (diamond: minimum, ring: start)`;

/** The map proper, and `layers` over it. Marks in `layers` have fields x and y. */
export function mapPanel(state: MapState, title: string, layers: readonly Spec[]): Spec {
  const { x, y } = state.grid;
  const axis = (name: "x" | "y", domain: readonly [number, number]) => ({
    field: name,
    type: "quantitative",
    scale: { domain, nice: false, zero: false },
    axis: { title: name, grid: false, tickCount: { expr: name === "x" ? "ceil(width / 60)" : "6" } },
  });
  const chosen = [{ filter: `datum.scale == ${SCALE}` }];
  const point = (shape: string, size: number, filled: boolean) => ({
    mark: { type: "point", shape, size, filled, opacity: 1, strokeWidth: 2, clip: true },
    encoding: { x: axis("x", x), y: axis("y", y) },
  });
  return {
    name: "map",
    title: { text: title, anchor: "start", frame: "group" },
    width: MAP_WIDTH,
    height: mapHeight(state),
    layer: [
      {
        data: { name: "shades" },
        transform: chosen,
        mark: { type: "rect", strokeWidth: 0, clip: true, aria: false },
        encoding: {
          x: axis("x", x),
          x2: { field: "x2" },
          y: axis("y", y),
          y2: { field: "y2" },
          opacity: {
            field: "band",
            type: "quantitative",
            scale: { domain: [0, LEVELS], range: [0.02, 0.34] },
            legend: null,
          },
        },
      },
      {
        data: { name: "contours" },
        transform: chosen,
        mark: { type: "line", strokeWidth: 0.75, opacity: 0.4, clip: true, aria: false },
        encoding: {
          x: axis("x", x),
          y: axis("y", y),
          detail: { field: "line" },
          order: { field: "position" },
        },
      },
      { data: { name: "minima" }, ...point("diamond", 90, true) },
      { data: { name: "start" }, ...point("circle", 80, false) },
      ...layers,
    ],
  };
}

/** The datasets of `mapPanel` and of the view in three dimensions. */
export function mapDatasets({ grid, minima, start }: MapState): Record<string, Columns> {
  const scales = hasLog(grid) ? [LINEAR, LOG] : [LINEAR];
  const shades = table(["x", "x2", "y", "y2", "band", "scale"]);
  const lines = table(["x", "y", "line", "position", "scale"]);
  let line = 0;
  for (const scale of scales) {
    const levels = levelsOf(grid, LEVELS, scale === LOG);
    for (const run of runsOf(grid, levels, mapHeight({ grid }) / SHADE)) shades.add(...run, scale);
    for (const { points } of contours(grid, levels)) {
      line += 1;
      for (let i = 0; i < points.length; i += 2) lines.add(points[i] ?? 0, points[i + 1] ?? 0, line, i / 2, scale);
    }
  }
  const places = (list: MapState["minima"]) => encodeColumns({ x: list.map(([x]) => x), y: list.map(([, y]) => y) });
  return {
    shades: encodeColumns(shades.columns),
    contours: encodeColumns(lines.columns),
    minima: places(minima),
    start: places([start]),
    relief: encodeColumns(relief(grid)),
  };
}

/** Cells of one band that lie side by side, as one rectangle: [x, x2, y, y2, band]. */
function* runsOf(
  grid: SurfaceGrid,
  levels: readonly number[],
  rows: number,
): Generator<[number, number, number, number, number]> {
  const { x, y } = grid;
  const columns = MAP_WIDTH / SHADE;
  const place = ([low, high]: readonly [number, number], share: number) => low + (high - low) * share;
  const bandOf = (value: number) => levels.filter((level) => value > level).length;
  for (let j = 0; j < rows; j++) {
    const [bottom, top] = [place(y, j / rows), place(y, (j + 1) / rows)];
    const band = (i: number) => bandOf(sampled(grid, (i + 0.5) / columns, (j + 0.5) / rows));
    for (let from = 0, here = band(0), i = 1; i <= columns; i++) {
      const next = i < columns ? band(i) : -1;
      if (next === here) continue;
      yield [place(x, from / columns), place(x, i / columns), bottom, top, here];
      [from, here] = [i, next];
    }
  }
}

/** The grid between its points, at shares of its axes. */
function sampled({ nx, ny, values }: SurfaceGrid, u: number, v: number): number {
  const [i, j] = [Math.min(nx - 2, Math.floor(u * (nx - 1))), Math.min(ny - 2, Math.floor(v * (ny - 1)))];
  const [a, b] = [u * (nx - 1) - i, v * (ny - 1) - j];
  const at = (di: number, dj: number) => values[(j + dj) * nx + i + di] as number;
  return (at(0, 0) * (1 - a) + at(1, 0) * a) * (1 - b) + (at(0, 1) * (1 - a) + at(1, 1) * a) * b;
}

/** A coarser grid; where heights are shown by their logarithm, none is 0. */
function relief(grid: SurfaceGrid): Record<"x" | "y" | "loss", number[]> {
  const { x, y } = grid;
  const [width, height] = [x[1] - x[0], y[1] - y[0]];
  const nx = Math.round(width >= height ? RELIEF : (RELIEF * width) / height);
  const ny = Math.round(height >= width ? RELIEF : (RELIEF * height) / width);
  const floor = hasLog(grid) ? (levelsOf(grid, LEVELS, true)[0] ?? 0) / 4 : -Infinity;
  const out = table(["x", "y", "loss"]);
  for (let j = 0; j < ny; j++) {
    for (let i = 0; i < nx; i++) {
      const [u, v] = [i / (nx - 1), j / (ny - 1)];
      out.add(x[0] + width * u, y[0] + height * v, Math.max(floor, sampled(grid, u, v)));
    }
  }
  return out.columns;
}

/** Rows that are added, columns that come out. */
function table<const N extends string>(names: readonly N[]) {
  const columns = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<N, number[]>;
  return {
    columns,
    add: (...row: readonly number[]): void => {
      for (const [i, name] of names.entries()) columns[name].push(row[i] as number);
    },
  };
}
