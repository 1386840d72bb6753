import type { Spec } from "../plot.ts";

/** A layer as charts call it: one name in all of them, so that pointing at it in one shows it in all. */
export const labelOf = ({ path, type }: { readonly path: string; readonly type: string }): string =>
  path === "" ? type : `${path} ${type}`;

/** Layers that a chart of lines or histograms tells apart. */
export const MOST_SHOWN = 6;

/** Layers whose names are written at an axis. */
export const MOST_NAMES = 24;

export const LAYER_PARAM = { name: "layer", value: null };
export const LAYER_LINK = { field: "layer", param: "layer" } as const;

/** What is not the layer that is pointed at steps back. */
export const DIM = { condition: { test: "layer === null || datum.layer === layer", value: 1 }, value: 0.2 };

export const panel = (title: string, height: number, rest: Spec): Spec => ({
  title: { text: title, anchor: "start", frame: "group" },
  width: 600,
  height,
  ...rest,
});

/** Steps from left to right, named at the lowest panel only. */
export function stepAxis(end: number, bottom: boolean, field = "step"): Spec {
  return {
    field,
    type: "quantitative",
    scale: { domain: [0, Math.max(1, end)], nice: false },
    axis: bottom
      ? {
          title: "step",
          labelExpr: end < 10_000 ? "format(datum.value, ',')" : "format(datum.value, '~s')",
          tickMinStep: 1,
          tickCount: 7,
        }
      : { title: null, labels: false, ticks: false, tickCount: 7 },
  };
}

/** The layers from top to bottom, named where there is room; `all` in the order of the network: see `fromTop`. */
export function layerAxis(all: readonly string[]): Spec {
  return {
    field: "layer",
    type: "ordinal",
    sort: all,
    scale: { padding: 0 },
    axis: {
      title: null,
      labels: all.length <= MOST_NAMES,
      ticks: false,
      grid: false,
      labelLimit: 90,
    },
  };
}

/** Said above a heat map whose layers have no room for their names. */
export const fromTop = (layers: number): string =>
  layers > MOST_NAMES ? `, ${layers} layers from the input (top) on` : "";

/** Height of a heat map with a row for each layer: whole pixels for each, so that there are no seams. */
export const mapHeight = (layers: number): number =>
  Math.max(1, layers) * Math.max(1, Math.min(16, Math.floor(240 / Math.max(1, layers))));

/** A colour and a dash for each of a few layers, in the order of the network. */
export function layerColour(all: readonly string[], shown: boolean): Spec {
  const legend = shown ? { title: null, orient: "top", symbolOpacity: 1, columns: 3, labelLimit: 150 } : null;
  const layer = { field: "layer", type: "nominal", sort: all, legend };
  return {
    color: { ...layer, scale: { domain: all, range: "category" } },
    strokeDash: { ...layer, scale: { domain: all } },
  };
}

/** Indices of at most `most` of `count`, evenly, with the first and the last. */
export function evenIndices(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)));
}

/** The steps that the column of each look stands for: half way to the looks beside it, and a seam under the column that follows. */
export function spansOf(steps: readonly number[]): { from: number[]; to: number[] } {
  const between = (i: number) => ((steps[i] as number) + (steps[i + 1] as number)) / 2;
  const last = steps.length - 1;
  const from = steps.map((step, i) => (i === 0 ? step : between(i - 1)));
  const to = steps.map((step, i) => (i === last ? Math.max(step, (steps[0] as number) + 1) : between(i)));
  return { from, to: to.map((end, i) => (i < last ? end + SEAM * (end - (from[i] as number)) : end)) };
}

/** Where the axis of looks ends. */
export const endOf = (steps: readonly number[]): number => Math.max(1, steps.at(-1) ?? 1);

/** Share of a column or bin that lies under the next. */
export const SEAM = 0.08;

/** The last value that is known: a look after the first step or at the end may not know all. */
export const lastKnown = (values: Float64Array): number => values.findLast((v) => !Number.isNaN(v)) ?? Number.NaN;

/** Cells of a heat map of layers and looks, and columns of it, at most. */
const CELLS = 4000;
const COLUMNS = 80;

/** The looks that are columns of a heat map with a row for each of so many layers. */
export const mapLooks = (looks: number, layers: number): number[] =>
  evenIndices(looks, Math.max(2, Math.min(COLUMNS, Math.floor(CELLS / Math.max(1, layers)))));
