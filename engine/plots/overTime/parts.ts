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

/** The layers from top to bottom, named where there is room; `all` in the order of the network. */
export function layerAxis(all: readonly string[]): Spec {
  return {
    field: "layer",
    type: "ordinal",
    sort: all,
    scale: { padding: 0 },
    axis: {
      title: all.length > MOST_NAMES ? `${all.length} layers, from input (top) to output` : null,
      labels: all.length <= MOST_NAMES,
      ticks: false,
      grid: false,
      labelLimit: 90,
    },
  };
}

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

/** Where the column of a look ends: at the next one; the last is as wide as the one before. */
export function nextSteps(steps: readonly number[]): number[] {
  const last = steps.length > 1 ? (steps.at(-1) as number) - (steps.at(-2) as number) : 1;
  return steps.map((step, i) => steps[i + 1] ?? step + last);
}

/** As `nextSteps`, and a little under the column that follows, so that no seam shows between them. */
export const underNext = (steps: readonly number[]): number[] =>
  nextSteps(steps).map((next, i) => (i < steps.length - 1 ? next + SEAM * (next - (steps[i] as number)) : next));

/** Share of a column or bin that lies under the next. */
export const SEAM = 0.08;

/** The last value that is known: a look after the first step or at the end may not know all. */
export const lastKnown = (values: Float64Array): number => values.findLast((v) => !Number.isNaN(v)) ?? Number.NaN;
