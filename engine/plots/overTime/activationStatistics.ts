import type { LayerOverTime } from "../../diagnostics/overTime/activations.ts";
import type { ChartHints, Columns } from "../../protocol/index.ts";
import { encodeColumns } from "../columns.ts";
import { count, percent, significant } from "../format.ts";
import { logAxis } from "../logAxis.ts";
import { definePlot, type Spec } from "../plot.ts";
import { type ActivationsState, activationHistory, activationsTitle } from "./activationHistory.ts";
import { DIM, endOf, evenIndices, LAYER_LINK, LAYER_PARAM, labelOf, layerColour, panel, stepAxis } from "./parts.ts";

/** Points of a line. */
const POINTS = 200;

export const activationStatistics = definePlot<ActivationsState>({
  kind: "plot",
  summary: "Mean, deviation, near-zero, dead and saturated shares of what layers give, over the steps of training.",

  title: (state) => {
    const { layers, steps, verdict } = state;
    if (verdict.length > 0) return activationsTitle(state);
    const zero = layers.reduce((a, b) => ((b.nearZero.at(-1) ?? 0) > (a.nearZero.at(-1) ?? 0) ? b : a));
    return `${labelOf(zero)} has the most values near zero, ${percent(zero.nearZero.at(-1))} after ${count(steps.at(-1) ?? 0, "step")}`;
  },

  text: (state) =>
    `mean, deviation and shares of near-zero values and dead units by layer over steps (${state.source}): ${chosen(
      state,
    )
      .map(
        (l) =>
          `${labelOf(l)} std ${significant(l.std.at(-1))}, near zero ${percent(l.nearZero.at(-1))}, dead ${percent(l.deadShare.at(-1))}`,
      )
      .join("; ")}`,

  spec: (state) => {
    const { steps } = state;
    const layers = chosen(state);
    const all = layers.map(labelOf);
    const end = endOf(steps);
    const stds = layers.flatMap(({ std }) => Array.from(std)).filter((v) => v > 0);
    const saturating = layers.some(({ saturated }) => saturated.some((v) => v >= 0));
    const hints: ChartHints = { link: LAYER_LINK };
    const line = (field: string, extra: Spec, bottom: boolean, legend: boolean): Spec => ({
      data: { name: "lines" },
      mark: { type: "line", strokeWidth: 1.8 },
      encoding: {
        x: stepAxis(end, bottom),
        y: { field, type: "quantitative", title: null, ...extra },
        ...layerColour(all, legend),
        opacity: DIM,
        tooltip: [
          { field: "layer", title: "layer" },
          { field: "step", title: "step" },
          { field, title: field, format: ".3g" },
        ],
      },
    });
    const share = { scale: { domain: [0, 1] }, axis: { tickCount: 3, format: "%" } };
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints },
      params: [LAYER_PARAM],
      spacing: 12,
      resolve: { scale: { color: "independent", strokeDash: "independent" } },
      vconcat: [
        panel(
          "standard deviation of the outputs",
          110,
          line("std", { scale: { type: "log", nice: false }, axis: logAxis(stds) }, false, true),
        ),
        panel(
          "mean of the outputs",
          80,
          line("mean", { scale: { zero: false }, axis: { tickCount: 4 } }, false, false),
        ),
        panel("share of values within 0.001 of zero", 70, line("nearZero", share, false, false)),
        panel("dead units (0 for the whole batch)", 70, line("deadShare", share, !saturating, false)),
        ...(saturating
          ? [panel("saturated inputs (tanh beyond 3, sigmoid beyond 5)", 70, line("saturated", share, true, false))]
          : []),
      ],
    };
  },

  datasets: (state) => ({ lines: lineTable(state) }),

  example: activationHistory.example,
});

/** The layers that are drawn, in the order of the network. */
function chosen({ layers, shown }: ActivationsState): readonly LayerOverTime[] {
  const labels = shown.map(({ label }) => label);
  return layers.filter((layer) => labels.includes(labelOf(layer)));
}

function lineTable(state: ActivationsState): Columns {
  const layers = chosen(state);
  const looks = evenIndices(state.steps.length, POINTS);
  const each = (of: (layer: LayerOverTime, look: number) => number): number[] =>
    layers.flatMap((layer) => looks.map((look) => of(layer, look)));
  return {
    layer: { text: layers.flatMap((layer) => looks.map(() => labelOf(layer))) },
    ...encodeColumns({
      step: each((_, look) => state.steps[look] as number),
      std: each(({ std }, look) => std[look] || Number.NaN),
      mean: each(({ mean }, look) => mean[look] as number),
      nearZero: each(({ nearZero }, look) => nearZero[look] as number),
      deadShare: each(({ deadShare }, look) => deadShare[look] as number),
      saturated: each(({ saturated }, look) => saturated[look] as number),
    }),
  };
}
