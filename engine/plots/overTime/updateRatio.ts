import type { Gradients } from "../../diagnostics/overTime/gradients.ts";
import type { ChartHints } from "../../protocol/index.ts";
import { median } from "../../tensor/median.ts";
import { encodeColumns } from "../columns.ts";
import { significant } from "../format.ts";
import { definePlot } from "../plot.ts";
import { exampleGradients, log, shownOf } from "./gradientFlow.ts";
import { DIM, endOf, evenIndices, LAYER_LINK, LAYER_PARAM, labelOf, layerColour, panel, stepAxis } from "./parts.ts";

/** Updates of about this share of the weights are healthy: a rule of thumb. */
const GUIDE = 1e-3;
const POINTS = 200;

export const updateRatio = definePlot<Gradients>({
  kind: "plot",
  summary: "How large updates are beside the weights, and whether successive ones agree, by layer over the steps.",

  title: ({ layers }) => {
    const ratios = layers.map((layer) => ({ label: labelOf(layer), ratio: median(layer.ratio) }));
    const known = ratios.filter(({ ratio }) => ratio > 0).sort((a, b) => a.ratio - b.ratio);
    const [low, high] = [known[0], known.at(-1)];
    if (!low || !high) return "No update was seen: 0 looks follow a step";
    const ends = `${significant(low.ratio)} of the weights at ${low.label}, ${significant(high.ratio)} at ${high.label}`;
    if (high.ratio > 10 * GUIDE) return `Large updates: ${ends}; 0.001 is a rule of thumb`;
    if (high.ratio < GUIDE / 10) return `Small updates: ${ends}; 0.001 is a rule of thumb`;
    return `Updates are ${ends}, near the rule of thumb 0.001`;
  },

  text: ({ layers, source }) =>
    `norm of updates over norm of weights, and cosine of successive updates, by layer over steps (${source}): ${shownOf(
      layers,
    )
      .map(
        (layer) =>
          `${labelOf(layer)} ratio ${significant(median(layer.ratio))}, cosine ${significant(median(layer.cosine))}`,
      )
      .join("; ")}`,

  spec: ({ layers, steps }) => {
    const shown = shownOf(layers);
    const all = shown.map(labelOf);
    const end = endOf(steps);
    const ratio = log("ratio", [GUIDE, ...shown.flatMap((layer) => Array.from(layer.ratio))]);
    const hints: ChartHints = { link: LAYER_LINK };
    const colour = (legend: boolean) => ({
      ...layerColour(all, legend),
      opacity: DIM,
      tooltip: [
        { field: "layer", title: "layer" },
        { field: "step", title: "step" },
        { field: "ratio", title: "update / weight", format: ".3g" },
        { field: "cosine", title: "cosine", format: ".3f" },
      ],
    });
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints },
      params: [LAYER_PARAM],
      spacing: 12,
      resolve: { scale: { color: "independent", strokeDash: "independent" } },
      vconcat: [
        panel("norm of the update / norm of the weights (dashed: 0.001)", 140, {
          layer: [
            {
              data: { name: "lines" },
              mark: { type: "line", strokeWidth: 1.8 },
              encoding: {
                x: stepAxis(end, false),
                y: ratio,
                ...colour(true),
              },
            },
            {
              data: { name: "guide" },
              mark: { type: "rule", strokeDash: [4, 3] },
              encoding: { y: ratio },
            },
          ],
        }),
        panel("cosine between successive updates (-1: they undo each other)", 110, {
          data: { name: "lines" },
          mark: { type: "line", strokeWidth: 1.8 },
          encoding: {
            x: stepAxis(end, true),
            y: {
              field: "cosine",
              type: "quantitative",
              title: null,
              scale: { domain: [-1, 1] },
              axis: { values: [-1, -0.5, 0, 0.5, 1] },
            },
            ...colour(false),
          },
        }),
      ],
    };
  },

  datasets: ({ layers, steps }) => {
    const points = evenIndices(steps.length, POINTS);
    const shown = shownOf(layers);
    return {
      lines: {
        layer: { text: shown.flatMap((layer) => points.map(() => labelOf(layer))) },
        ...encodeColumns({
          step: shown.flatMap(() => points.map((look) => steps[look] as number)),
          ratio: shown.flatMap(({ ratio }) => points.map((look) => ratio[look] || Number.NaN)),
          cosine: shown.flatMap(({ cosine }) => points.map((look) => cosine[look] as number)),
        }),
      },
      guide: encodeColumns({ ratio: [GUIDE] }),
    };
  },

  example: exampleGradients,
});
