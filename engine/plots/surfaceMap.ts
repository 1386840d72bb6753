import type { ChartHints, Columns } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { contours, levelsOf, type SurfaceGrid } from "./contours.ts";
import type { Spec } from "./plot.ts";
import { regions } from "./regions.ts";

/** A surface as its map shows it. */
export interface MapState {
  readonly grid: SurfaceGrid;
  readonly minima: readonly (readonly [number, number])[];
  readonly start: readonly [number, number];
}

/** Lines of equal loss. */
const LEVELS = 14;
/** How much darker (on a light page) the highest place is than the lowest; every level adds its part. */
const SHADE = 0.34;
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
export const mapHeight = ({ grid: { x, y } }: MapState): number =>
  Math.round(Math.min(420, Math.max(220, (MAP_WIDTH * (y[1] - y[0])) / (x[1] - x[0]))));

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
    title: { text: title, anchor: "start", frame: "group", limit: { expr: "width" } },
    width: MAP_WIDTH,
    height: mapHeight(state),
    layer: [
      {
        data: { name: "shades" },
        transform: chosen,
        mark: { type: "area", opacity: 1 - (1 - SHADE) ** (1 / LEVELS), line: false, clip: true, aria: false },
        encoding: { x: axis("x", x), y: axis("y", y), y2: { field: "y2" }, detail: { field: "piece" } },
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
  const shades = table(["x", "y", "y2", "piece", "scale"]);
  const lines = table(["x", "y", "line", "position", "scale"]);
  let [line, piece] = [0, 0];
  for (const scale of scales) {
    const levels = levelsOf(grid, LEVELS, scale === LOG);
    for (const spans of levels.flatMap((level) => regions(grid, level))) {
      piece += 1;
      for (const span of spans) shades.add(span.x, span.low, span.high, piece, scale);
    }
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

/** The grid between its points, at shares of its axes. */
function sampled({ nx, ny, values }: SurfaceGrid, u: number, v: number): number {
  const [i, j] = [Math.min(nx - 2, Math.floor(u * (nx - 1))), Math.min(ny - 2, Math.floor(v * (ny - 1)))];
  const [a, b] = [u * (nx - 1) - i, v * (ny - 1) - j];
  const at = (di: number, dj: number) => values[(j + dj) * nx + i + di] as number;
  return (at(0, 0) * (1 - a) + at(1, 0) * a) * (1 - b) + (at(0, 1) * (1 - a) + at(1, 1) * a) * b;
}

/** Lowest height in three dimensions: where they are shown by their logarithm, that of 0 is without end. */
export const reliefFloor = (grid: SurfaceGrid): number =>
  hasLog(grid) ? (levelsOf(grid, LEVELS, true)[0] as number) : -Infinity;

/** A coarser grid, not below its floor. */
function relief(grid: SurfaceGrid): Record<"x" | "y" | "loss", number[]> {
  const { x, y } = grid;
  const [width, height] = [x[1] - x[0], y[1] - y[0]];
  const nx = Math.round(width >= height ? RELIEF : (RELIEF * width) / height);
  const ny = Math.round(height >= width ? RELIEF : (RELIEF * height) / width);
  const floor = reliefFloor(grid);
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
