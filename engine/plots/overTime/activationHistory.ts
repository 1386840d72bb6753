import type { LayerOverTime } from "../../diagnostics/overTime/activations.ts";
import { BINS, SPREAD } from "../../diagnostics/statistics.ts";
import type { ChartHints, Columns } from "../../protocol/index.ts";
import { encodeColumns } from "../columns.ts";
import { count, significant } from "../format.ts";
import { definePlot, type Spec } from "../plot.ts";
import {
  DIM,
  endOf,
  evenIndices,
  fromTop,
  LAYER_LINK,
  LAYER_PARAM,
  labelOf,
  layerAxis,
  mapHeight,
  mapLooks,
  panel,
  SEAM,
  spansOf,
  stepAxis,
} from "./parts.ts";

export interface ActivationsState {
  readonly source: string;
  /** Updates that were done at each look. */
  readonly steps: readonly number[];
  readonly layers: readonly LayerOverTime[];
  /** The layers whose values are drawn. */
  readonly shown: readonly { readonly label: string; readonly histogram: (look: number) => ArrayLike<number> }[];
  readonly verdict: readonly string[];
}

/** Columns of a histogram's heat map. */
const HISTORY_COLUMNS = 48;

/** Width of the overview; of the heat maps, and of the histogram of one look beside each: with the gap they are as wide. */
const WIDTH = 520;
const MAP_WIDTH = 380;
const SIDE_WIDTH = 110;

/** What an overview's colours can say. */
const STATISTICS = [
  { value: "logStd", label: "deviation (log10)" },
  { value: "nearZero", label: "share near zero" },
  { value: "deadShare", label: "share of dead units" },
  { value: "mean", label: "mean" },
] as const;

export const activationHistory = definePlot<ActivationsState>({
  kind: "plot",
  summary: "Histograms of what layers give, over the steps of training.",

  title: ({ verdict, layers, steps }) => activationsTitle({ verdict, layers, steps }),

  text: ({ source, layers, shown, steps }) => {
    const [first, last] = [layers[0], layers.at(-1)];
    const ends = [first, last].map((l) => (l ? `${labelOf(l)} ${significant(l.std.at(-1))}` : "none"));
    return `histograms over steps of the outputs of ${shown.map(({ label }) => label).join(", ")} (${source}); after ${count(steps.at(-1) ?? 0, "step")} the deviation is ${ends[0]} in the first layer and ${ends[1]} in the last of ${layers.length}`;
  },

  spec: ({ steps, layers, shown }) => {
    const end = endOf(steps);
    const looks = evenIndices(steps.length, HISTORY_COLUMNS);
    const at = looks.map((look) => steps[look] as number);
    const hints: ChartHints = {
      link: LAYER_LINK,
      scrub: { param: "step", label: "histogram at step", values: at, start: at.length - 1, perSecond: 6 },
      choose: [
        { param: "statistic", label: "overview", choices: STATISTICS.map(({ value, label }) => ({ value, label })) },
      ],
    };
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints },
      params: [LAYER_PARAM, { name: "step", value: at.at(-1) ?? 0 }, { name: "statistic", value: STATISTICS[0].value }],
      spacing: 10,
      resolve: { scale: { x: "independent", y: "independent", color: "independent" } },
      vconcat: [
        overview(layers, end),
        ...shown.map(({ label }, i) => history(label, end, i === shown.length - 1, i === 0)),
      ],
    };
  },

  datasets: ({ steps, layers, shown }) => ({
    overview: overviewTable(steps, layers),
    bins: binTable(steps, layers, shown),
  }),

  example: () => {
    const steps = Array.from({ length: 12 }, (_, i) => 10 * i);
    const series = (of: (i: number) => number) => Float64Array.from(steps, (_, i) => of(i));
    const layer = (path: string, type: string, dead: number): LayerOverTime => ({
      path,
      type,
      mean: series((i) => 0.4 + 0.01 * i),
      std: series((i) => 1 - 0.03 * i),
      nearZero: series((i) => 0.4 + 0.02 * i),
      deadShare: series((i) => (dead * i) / (16 * 11)),
      saturated: series(() => Number.NaN),
      strongest: series(() => (type === "linear" ? 0.2 : Number.NaN)),
      units: 16,
      dead: Array.from({ length: dead }, (_, unit) => ({ unit, since: 60, looks: 6 })),
    });
    const layers = [layer("0", "linear", 0), layer("1", "relu", 5), layer("2", "linear", 0)];
    const bell = Array.from({ length: BINS + 2 }, (_, i) => Math.exp(-(((i - 16.5) / 6) ** 2)) / 10.6);
    return {
      source: "run 1, 12 looks, every 10 steps",
      steps,
      layers,
      shown: layers.map((l) => ({ label: labelOf(l), histogram: () => bell })),
      verdict: ["1 relu: 5 of 16 units give 0 since step 60"],
    };
  },
});

/** What is wrong, or that nothing is. */
export function activationsTitle({
  verdict,
  layers,
  steps,
}: Pick<ActivationsState, "verdict" | "layers" | "steps">): string {
  const [worst, ...others] = verdict;
  if (worst !== undefined) return others.length > 0 ? `${worst}; ${others.length} more` : worst;
  const stds = layers.map(({ std }) => std.at(-1) as number);
  const range = `${significant(Math.min(...stds))} to ${significant(Math.max(...stds))}`;
  return `All ${count(layers.length, "layer")} stay alive: deviations of ${range} after ${count(steps.at(-1) ?? 0, "step")}`;
}

function overview(layers: readonly LayerOverTime[], end: number): Spec {
  const all = layers.map(labelOf);
  const names = STATISTICS.map(({ value, label }) => `statistic == '${value}' ? '${label}' : `).join("");
  return {
    ...panel("", mapHeight(layers.length), {}),
    width: WIDTH,
    title: {
      text: { expr: `'all layers: ' + (${names}'') + '${fromTop(layers.length)}'` },
      anchor: "start",
      frame: "group",
    },
    data: { name: "overview" },
    transform: [{ calculate: "datum[statistic]", as: "shown" }],
    mark: { type: "rect", strokeWidth: 0, tooltip: true },
    encoding: {
      x: stepAxis(end, false, "from"),
      x2: { field: "to" },
      y: layerAxis(all),
      color: {
        field: "shown",
        type: "quantitative",
        scale: { range: "ramp", zero: false },
        legend: {
          title: null,
          gradientLength: Math.max(30, Math.min(90, mapHeight(layers.length))),
          tickCount: 3,
          format: ".2~g",
        },
      },
      opacity: DIM,
      tooltip: [
        { field: "layer", title: "layer" },
        { field: "step", title: "step" },
        { field: "mean", title: "mean", format: ".3g" },
        { field: "std", title: "deviation", format: ".3g" },
        { field: "nearZero", title: "near zero", format: ".1%" },
        { field: "deadShare", title: "dead units", format: ".1%" },
      ],
    },
  };
}

/** The values of one layer over the steps, and beside them those at the chosen step. */
function history(label: string, end: number, bottom: boolean, first: boolean): Spec {
  const own = `datum.layer === ${JSON.stringify(label)}`;
  const y = {
    field: "low",
    type: "quantitative",
    title: null,
    scale: { zero: false, nice: false },
    axis: { tickCount: 3, labelExpr: "format(datum.value, '.2~g')" },
  };
  const share = { title: "share", format: ".2%" };
  const colour = { field: "log", type: "quantitative", scale: { range: "ramp" }, legend: null };
  return {
    title: { text: label, anchor: "start", frame: "group" },
    spacing: 30,
    resolve: { scale: { y: "shared", color: "shared" } },
    data: { name: "bins" },
    hconcat: [
      {
        width: MAP_WIDTH,
        height: 64,
        transform: [{ filter: own }],
        layer: [
          {
            mark: { type: "rect", strokeWidth: 0 },
            encoding: {
              x: stepAxis(end, bottom, "from"),
              x2: { field: "to" },
              y,
              y2: { field: "high" },
              color: colour,
              opacity: DIM,
              tooltip: [
                { field: "layer", title: "layer" },
                { field: "step", title: "step" },
                { field: "low", title: "from", format: ".3g" },
                { field: "high", title: "to", format: ".3g" },
                { field: "share", ...share },
              ],
            },
          },
          {
            transform: [{ filter: "datum.step === step" }, { aggregate: [{ op: "min", field: "step", as: "step" }] }],
            mark: { type: "rule", strokeDash: [3, 3], strokeWidth: 1 },
            encoding: { x: stepAxis(end, bottom) },
          },
        ],
      },
      {
        width: SIDE_WIDTH,
        height: 64,
        ...(first ? { title: { text: "at one step", anchor: "start", offset: 4 } } : {}),
        transform: [{ filter: `${own} && datum.step === step` }],
        mark: { type: "rect", strokeWidth: 0 },
        encoding: {
          x: {
            field: "share",
            type: "quantitative",
            scale: { zero: true, nice: false },
            axis: bottom
              ? { title: "share of values", format: ".0%", tickCount: 2 }
              : { title: null, labels: false, ticks: false, tickCount: 2 },
          },
          x2: { datum: 0 },
          y: { ...y, axis: null },
          y2: { field: "high" },
          color: colour,
          tooltip: [
            { field: "low", title: "from", format: ".3g" },
            { field: "high", title: "to", format: ".3g" },
            { field: "share", ...share },
          ],
        },
      },
    ],
  };
}

function overviewTable(steps: readonly number[], layers: readonly LayerOverTime[]): Columns {
  const looks = mapLooks(steps.length, layers.length);
  const at = looks.map((look) => steps[look] as number);
  const spans = spansOf(at);
  const each = (of: (layer: LayerOverTime, look: number, i: number) => number): number[] =>
    layers.flatMap((layer) => looks.map((look, i) => of(layer, look, i)));
  return {
    layer: { text: layers.flatMap((layer) => looks.map(() => labelOf(layer))) },
    ...encodeColumns({
      step: each((_, __, i) => at[i] as number),
      from: each((_, __, i) => spans.from[i] as number),
      to: each((_, __, i) => spans.to[i] as number),
      mean: each((layer, look) => layer.mean[look] as number),
      std: each((layer, look) => layer.std[look] as number),
      // what is 0 has no logarithm: it is drawn as nothing
      logStd: each((layer, look) => Math.log10((layer.std[look] as number) || Number.NaN)),
      nearZero: each((layer, look) => layer.nearZero[look] as number),
      deadShare: each((layer, look) => layer.deadShare[look] as number),
    }),
  };
}

/** A row for each bin that has values: each look has bins of its own, over its mean -+ SPREAD deviations. */
function binTable(
  steps: readonly number[],
  layers: readonly LayerOverTime[],
  shown: ActivationsState["shown"],
): Columns {
  const looks = evenIndices(steps.length, HISTORY_COLUMNS);
  const at = looks.map((look) => steps[look] as number);
  const spans = spansOf(at);
  const rows = shown.flatMap(({ label, histogram }) => {
    const layer = layers.find((l) => labelOf(l) === label) as LayerOverTime;
    return looks.flatMap((look, i) => {
      const [mean, std] = [layer.mean[look] as number, layer.std[look] as number];
      // a layer that gives one value only still has a place
      const width = (2 * SPREAD * Math.max(std, 1e-6 * Math.abs(mean), 1e-12)) / BINS;
      return Array.from(histogram(look)).flatMap((share, bin) => {
        const low = mean + (bin - 1 - BINS / 2) * width;
        if (!(share > 0) || bin === 0 || bin > BINS || !Number.isFinite(low)) return [];
        return [
          {
            label,
            step: at[i] as number,
            from: spans.from[i] as number,
            to: spans.to[i] as number,
            low,
            high: low + (1 + SEAM) * width,
            share,
          },
        ];
      });
    });
  });
  return {
    layer: { text: rows.map(({ label }) => label) },
    ...encodeColumns({
      step: rows.map((r) => r.step),
      from: rows.map((r) => r.from),
      to: rows.map((r) => r.to),
      low: rows.map((r) => r.low),
      high: rows.map((r) => r.high),
      share: rows.map((r) => r.share),
      log: rows.map((r) => Math.log1p(100 * r.share)),
    }),
  };
}
