import type { Gradients, LayerGradients } from "../../diagnostics/overTime/gradients.ts";
import type { ChartHints } from "../../protocol/index.ts";
import { encodeColumns } from "../columns.ts";
import { count, percent, significant } from "../format.ts";
import { logAxis } from "../logAxis.ts";
import { definePlot, type Spec } from "../plot.ts";
import {
  DIM,
  endOf,
  evenIndices,
  fromTop,
  LAYER_LINK,
  LAYER_PARAM,
  labelOf,
  lastKnown,
  layerAxis,
  layerColour,
  MOST_SHOWN,
  mapHeight,
  mapLooks,
  panel,
  spansOf,
  stepAxis,
} from "./parts.ts";

/** Points of a line. */
const POINTS = 200;

export const gradientFlow = definePlot<Gradients>({
  kind: "plot",
  summary: "Gradient norms by layer over the steps, and of all parameters together.",

  title: ({ vanishing, exploding, layers, whole }) => {
    if (exploding)
      return `Gradients explode: at ${exploding.layer} ${significant(exploding.share)} times those of the last layer`;
    if (vanishing)
      return `Gradients vanish: at ${vanishing.layer} ${significant(vanishing.share)} of the last layer's is left`;
    const clipped = whole.clips ? `; clipped in ${percent(whole.clippedShare)} of the steps` : "";
    const norms = layers.map(({ gradientNorm }) => lastKnown(gradientNorm)).filter((v) => v > 0);
    const spread = norms.length > 0 ? Math.max(...norms) / Math.min(...norms) : Number.NaN;
    return `Gradients reach all ${count(layers.length, "layer")}, within a factor of ${significant(spread)}${clipped}`;
  },

  text: ({ layers, source, whole, vanishing, exploding }) => {
    const [first, last] = [layers[0], layers.at(-1)];
    const sentences = [
      `gradient norms of ${count(layers.length, "layer")} over steps (${source})`,
      first && last
        ? `at the last look ${significant(lastKnown(first.gradientNorm))} at ${labelOf(first)}, ${significant(lastKnown(last.gradientNorm))} at ${labelOf(last)}`
        : "no layer has parameters",
      `the whole gradient's norm went from ${significant(whole.norm[0])} to ${significant(whole.norm.at(-1))}`,
      ...(whole.clips ? [`${percent(whole.clippedShare)} of the steps were clipped`] : []),
      ...(vanishing ? [`it vanishes at ${vanishing.layer}`] : []),
      ...(exploding ? [`it explodes at ${exploding.layer}`] : []),
    ];
    return sentences.join("; ");
  },

  spec: (state) => {
    const { layers, steps, whole } = state;
    const all = layers.map(labelOf);
    const shown = shownOf(layers).map(labelOf);
    const end = Math.max(endOf(steps), whole.step.at(-1) ?? 0);
    const norms = shownOf(layers).flatMap(({ gradientNorm }) => Array.from(gradientNorm));
    const hints: ChartHints = { link: LAYER_LINK };
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints },
      params: [LAYER_PARAM],
      spacing: 12,
      resolve: { scale: { color: "independent", strokeDash: "independent" } },
      vconcat: [
        panel(`gradient norm by layer (log10)${fromTop(all.length)}`, mapHeight(all.length), {
          data: { name: "map" },
          mark: { type: "rect", strokeWidth: 0 },
          encoding: {
            x: stepAxis(end, false, "from"),
            x2: { field: "to" },
            y: layerAxis(all),
            color: {
              field: "log",
              type: "quantitative",
              scale: { range: "ramp", zero: false },
              legend: {
                title: null,
                gradientLength: Math.max(30, Math.min(90, mapHeight(all.length))),
                tickCount: 3,
                format: ".2~g",
              },
            },
            opacity: DIM,
            tooltip: [
              { field: "layer", title: "layer" },
              { field: "step", title: "step" },
              { field: "norm", title: "gradient norm", format: ".3g" },
            ],
          },
        }),
        panel("gradient norm of single layers", 130, {
          data: { name: "lines" },
          mark: { type: "line", strokeWidth: 1.8 },
          encoding: {
            x: stepAxis(end, false),
            y: log("norm", norms),
            ...layerColour(shown, true),
            opacity: DIM,
            tooltip: [
              { field: "layer", title: "layer" },
              { field: "step", title: "step" },
              { field: "norm", title: "gradient norm", format: ".3g" },
              { field: "maxAbs", title: "largest element", format: ".3g" },
              { field: "meanAbs", title: "mean size", format: ".3g" },
            ],
          },
        }),
        panel(whole.clips ? "norm of the whole gradient; thick: after clipping" : "norm of the whole gradient", 90, {
          data: { name: "whole" },
          layer: [
            wholeLine("norm", end, whole, 1.2, !whole.clips),
            ...(whole.clips ? [wholeLine("after", end, whole, 2.4, false)] : []),
          ],
        }),
        ...(whole.clips
          ? [
              panel("share of clipped steps", 50, {
                data: { name: "whole" },
                mark: { type: "area", opacity: 0.4 },
                encoding: {
                  x: stepAxis(end, true),
                  y: {
                    field: "clipped",
                    type: "quantitative",
                    title: null,
                    scale: { domain: [0, 1] },
                    axis: { tickCount: 2, format: "%" },
                  },
                },
              }),
            ]
          : []),
      ],
    };
  },

  datasets: ({ layers, steps, whole }) => {
    const looks = mapLooks(steps.length, layers.length);
    const at = looks.map((look) => steps[look] as number);
    const spans = spansOf(at);
    const points = evenIndices(steps.length, POINTS);
    const shown = shownOf(layers);
    const bins = evenIndices(whole.step.length, 2 * POINTS);
    const of = (values: Float64Array) => bins.map((i) => values[i] as number);
    return {
      map: {
        layer: { text: layers.flatMap((layer) => looks.map(() => labelOf(layer))) },
        ...encodeColumns({
          step: layers.flatMap(() => at),
          from: layers.flatMap(() => spans.from),
          to: layers.flatMap(() => spans.to),
          norm: layers.flatMap(({ gradientNorm }) => looks.map((look) => gradientNorm[look] as number)),
          log: layers.flatMap(({ gradientNorm }) => looks.map((look) => Math.log10(gradientNorm[look] || Number.NaN))),
        }),
      },
      lines: {
        layer: { text: shown.flatMap((layer) => points.map(() => labelOf(layer))) },
        ...encodeColumns({
          step: shown.flatMap(() => points.map((look) => steps[look] as number)),
          norm: shown.flatMap(({ gradientNorm }) => points.map((look) => gradientNorm[look] || Number.NaN)),
          maxAbs: shown.flatMap(({ maxAbs }) => points.map((look) => maxAbs[look] as number)),
          meanAbs: shown.flatMap(({ meanAbs }) => points.map((look) => meanAbs[look] as number)),
        }),
      },
      whole: encodeColumns({
        step: of(whole.step),
        norm: of(whole.norm.map((v) => v || Number.NaN)),
        after: of(whole.after.map((v) => v || Number.NaN)),
        clipped: of(whole.clipped),
      }),
    };
  },

  example: () => exampleGradients(),
});

/** The layers that get a line: a few, evenly. */
export const shownOf = (layers: readonly LayerGradients[]): readonly LayerGradients[] =>
  evenIndices(layers.length, MOST_SHOWN).map((i) => layers[i] as LayerGradients);

export const log = (field: string, values: Iterable<number>): Spec => ({
  field,
  type: "quantitative",
  title: null,
  scale: { type: "log", nice: false },
  axis: logAxis(values),
});

const wholeLine = (
  field: "norm" | "after",
  end: number,
  whole: Gradients["whole"],
  width: number,
  bottom: boolean,
): Spec => ({
  mark: { type: "line", strokeWidth: width },
  encoding: { x: stepAxis(end, bottom), y: log(field, [...whole.norm, ...whole.after]) },
});

export function exampleGradients(): Gradients {
  const steps = Array.from({ length: 10 }, (_, i) => 10 * i);
  const series = (of: (i: number) => number) => Float64Array.from(steps, (_, i) => of(i));
  const layers = ["0", "2", "4"].map((path, k): LayerGradients => {
    const gradientNorm = series((i) => 10 ** (k - 2) * (1 + 0.1 * i));
    return {
      path,
      type: "linear",
      parameters: [`${path}.weight`, `${path}.bias`],
      gradientNorm,
      weightNorm: series(() => 4),
      updateNorm: gradientNorm.map((v) => 0.01 * v),
      meanAbs: gradientNorm.map((v) => v / 20),
      maxAbs: gradientNorm.map((v) => v / 3),
      zero: series(() => 0.1),
      ratio: gradientNorm.map((v) => 0.0025 * v),
      cosine: series((i) => 0.5 - 0.05 * i),
    };
  });
  const step = Float64Array.from({ length: 90 }, (_, i) => i + 1);
  const norm = step.map((s) => 1.5 - s / 180);
  return {
    steps,
    source: "run 1, 10 looks, every 10 steps",
    layers,
    whole: {
      step,
      norm,
      largest: norm,
      after: norm.map((v) => Math.min(1, v)),
      clipped: norm.map((v) => (v > 1 ? 1 : 0)),
      clippedShare: 0.5,
      clips: true,
    },
    vanishing: null,
    exploding: null,
  };
}
