import type { ChartHints, Columns } from "../../protocol/index.ts";
import { encodeColumns } from "../columns.ts";
import { count, significant } from "../format.ts";
import { definePlot, type Spec } from "../plot.ts";
import {
  DIM,
  fromTop,
  LAYER_LINK,
  LAYER_PARAM,
  lastKnown,
  layerAxis,
  mapHeight,
  mapLooks,
  panel,
  spansOf,
  stepAxis,
} from "./parts.ts";

/** A layer and a number of it at each look. */
export interface LayerSeries {
  readonly label: string;
  readonly values: Float64Array;
}

/** The layers of a run under way. */
export interface LiveLayers {
  readonly name: string;
  /** Updates that were done at each look, and where the axis ends. */
  readonly steps: readonly number[];
  readonly end: number;
  readonly live: boolean;
  /** Deviation of every layer's output, gradient norm of every layer with parameters. */
  readonly deviations: readonly LayerSeries[];
  readonly gradients: readonly LayerSeries[];
  /** What looking costs, in words. */
  readonly cost: string;
}

export const liveLayers = definePlot<LiveLayers>({
  kind: "plot",
  summary: "Deviations and gradient norms of all layers, while a run is trained.",

  title: ({ name, steps, live, deviations, gradients }) => {
    const after = count(steps.at(-1) ?? 0, "step");
    if (live) return `${name}: layers after ${after}`;
    return `deviations of ${rangeOf(deviations)}, gradients of ${rangeOf(gradients)} by layer after ${after}`;
  },

  text: ({ name, steps, deviations, gradients, cost }) =>
    `layers of ${name} over steps, ${cost}; after ${count(steps.at(-1) ?? 0, "step")} the outputs' deviations are ${rangeOf(deviations)}, the gradient norms ${rangeOf(gradients)}`,

  spec: ({ deviations, gradients, end, cost }) => {
    const hints: ChartHints = { link: LAYER_LINK };
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints },
      params: [LAYER_PARAM],
      spacing: 10,
      resolve: { scale: { y: "independent", color: "independent" } },
      vconcat: [
        map("deviations", `deviation of outputs (log10)${fromTop(deviations.length)}; ${cost}`, deviations, end, false),
        map("gradients", "gradient norm (log10)", gradients, end, true),
      ],
    };
  },

  datasets: ({ steps, deviations, gradients }) => ({
    deviations: table(steps, deviations),
    gradients: table(steps, gradients),
  }),

  example: () => {
    const steps = [0, 10, 20, 30];
    const series = (label: string, first: number): LayerSeries => ({
      label,
      values: Float64Array.from(steps, (step) => first * (1 + step / 40)),
    });
    return {
      name: "run 1",
      steps,
      end: 100,
      live: true,
      deviations: [series("0 linear", 1), series("1 relu", 0.6), series("2 linear", 0.3)],
      gradients: [series("0 linear", 0.01), series("2 linear", 0.1)],
      cost: "4 looks every 10 steps: 12 % on top of training",
    };
  },
});

function rangeOf(layers: readonly LayerSeries[]): string {
  const known = layers.map(({ values }) => lastKnown(values)).filter((v) => !Number.isNaN(v));
  return known.length === 0 ? "?" : `${significant(Math.min(...known))} to ${significant(Math.max(...known))}`;
}

function map(data: string, title: string, layers: readonly LayerSeries[], end: number, bottom: boolean): Spec {
  const all = layers.map(({ label }) => label);
  const height = Math.max(40, mapHeight(all.length) / 2);
  return panel(title, height, {
    width: 520,
    data: { name: data },
    mark: { type: "rect", strokeWidth: 0 },
    encoding: {
      x: stepAxis(end, bottom, "from"),
      x2: { field: "to" },
      // half as high as elsewhere: names would touch
      y: { ...layerAxis(all), axis: { title: null, labels: false, ticks: false, grid: false } },
      color: {
        field: "log",
        type: "quantitative",
        scale: { range: "ramp", zero: false },
        legend: { title: null, gradientLength: Math.min(80, height), tickCount: 2, format: ".2~g" },
      },
      opacity: DIM,
      tooltip: [
        { field: "layer", title: "layer" },
        { field: "step", title: "step" },
        { field: "value", title: title.split(" (")[0], format: ".3g" },
      ],
    },
  });
}

function table(steps: readonly number[], layers: readonly LayerSeries[]): Columns {
  const looks = mapLooks(steps.length, layers.length);
  const at = looks.map((look) => steps[look] as number);
  const { from, to } = spansOf(at);
  const values = layers.flatMap((layer) => looks.map((look) => layer.values[look] as number));
  return {
    layer: { text: layers.flatMap(({ label }) => looks.map(() => label)) },
    ...encodeColumns({
      step: layers.flatMap(() => at),
      from: layers.flatMap(() => from),
      to: layers.flatMap(() => to),
      value: values,
      log: values.map((v) => Math.log10(v || Number.NaN)),
    }),
  };
}
