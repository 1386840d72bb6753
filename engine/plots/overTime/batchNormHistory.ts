import type { BatchNorms, NormOverTime } from "../../diagnostics/overTime/batchNorm.ts";
import type { ChartHints, Columns } from "../../protocol/index.ts";
import { encodeColumns } from "../columns.ts";
import { count, significant } from "../format.ts";
import { logAxis } from "../logAxis.ts";
import { definePlot, type Spec } from "../plot.ts";
import {
  DIM,
  endOf,
  evenIndices,
  LAYER_LINK,
  LAYER_PARAM,
  labelOf,
  layerColour,
  MOST_SHOWN,
  panel,
  stepAxis,
} from "./parts.ts";

const POINTS = 200;

/** A gap between the losses of this share is worth a sentence. */
const GAP = 0.2;

export const batchNormHistory = definePlot<BatchNorms>({
  kind: "plot",
  summary:
    "Means and deviations before and after batch norm, and how far its running statistics are from the batches'.",

  title: (state) => batchNormTitle(state),

  text: ({ layers, source, gap }) =>
    `before and after ${count(layers.length, "batch norm")} over steps (${source}): ${few(layers)
      .map(
        (l) => `${labelOf(l)} std ${significant(l.inputStd.at(-1))} before, ${significant(l.outputStd.at(-1))} after`,
      )
      .join(
        "; ",
      )}; loss with running statistics ${significant(gap.runningLoss)}, with those of the batch ${significant(gap.batchLoss)}`,

  spec: ({ layers, steps }) => {
    const shown = few(layers);
    const all = shown.map(labelOf);
    const end = endOf(steps);
    const stds = shown.flatMap((l) => [...l.inputStd, ...l.outputStd]);
    const tracks = layers.some(({ tracked }) => tracked !== null);
    const hints: ChartHints = { link: LAYER_LINK };
    const line = (before: string | null, after: string, y: Spec, bottom: boolean, legend: boolean): Spec => {
      const encoding = (field: string) => ({
        x: stepAxis(end, bottom),
        y: { field, type: "quantitative", title: null, ...y },
        color: layerColour(all, legend).color as Spec,
        opacity: DIM,
        tooltip: [
          { field: "layer", title: "layer" },
          { field: "step", title: "step" },
          ...(before ? [{ field: before, title: "before", format: ".3g" }] : []),
          { field: after, title: before ? "after" : "gap", format: ".3g" },
        ],
      });
      return {
        data: { name: "lines" },
        layer: [
          ...(before
            ? [{ mark: { type: "line", strokeDash: [3, 3], strokeWidth: 1.5 }, encoding: encoding(before) }]
            : []),
          { mark: { type: "line", strokeWidth: 2 }, encoding: encoding(after) },
        ],
      };
    };
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints },
      params: [LAYER_PARAM],
      spacing: 12,
      resolve: { scale: { color: "independent" } },
      vconcat: [
        panel(
          "standard deviation before (dashed) and after normalization",
          120,
          line("inputStd", "outputStd", { scale: { type: "log", nice: false }, axis: logAxis(stds) }, false, true),
        ),
        panel(
          "mean before (dashed) and after",
          100,
          line("inputMean", "outputMean", { scale: { zero: true }, axis: { tickCount: 4 } }, !tracks, false),
        ),
        ...(tracks
          ? [
              panel(
                "running mean against the batch's, in deviations of the batch",
                70,
                line(null, "meanGap", { scale: { zero: true }, axis: { tickCount: 3 } }, false, false),
              ),
              panel(
                "running deviation against the batch's, in factors of two",
                70,
                line(null, "stdGap", { scale: { zero: true }, axis: { tickCount: 3 } }, true, false),
              ),
            ]
          : []),
      ],
    };
  },

  datasets: ({ layers, steps }) => ({ lines: lineTable(layers, steps) }),

  example: () => exampleNorms(),
});

export function batchNormTitle({ gap, layers, steps }: BatchNorms): string {
  const { runningLoss, batchLoss } = gap;
  const far = Math.abs(runningLoss - batchLoss) > GAP * Math.max(batchLoss, 1e-3);
  const losses = `loss ${significant(runningLoss)} with running statistics, ${significant(batchLoss)} with those of the batch`;
  if (far && runningLoss > batchLoss) return `Evaluation differs from training: ${losses}`;
  const stds = layers.map(({ outputStd }) => outputStd.at(-1) as number);
  const range = `${significant(Math.min(...stds))} to ${significant(Math.max(...stds))}`;
  return `Deviations behind batch norm are ${range} after ${count(steps.at(-1) ?? 0, "step")}; ${losses}`;
}

export const few = (layers: readonly NormOverTime[]): readonly NormOverTime[] =>
  evenIndices(layers.length, MOST_SHOWN).map((i) => layers[i] as NormOverTime);

function lineTable(layers: readonly NormOverTime[], steps: readonly number[]): Columns {
  const points = evenIndices(steps.length, POINTS);
  const shown = few(layers);
  const each = (of: (layer: NormOverTime) => Float64Array): number[] =>
    shown.flatMap((layer) => points.map((look) => of(layer)[look] as number));
  return {
    layer: { text: shown.flatMap((layer) => points.map(() => labelOf(layer))) },
    ...encodeColumns({
      step: shown.flatMap(() => points.map((look) => steps[look] as number)),
      inputMean: each((l) => l.inputMean),
      inputStd: each((l) => l.inputStd.map((v) => v || Number.NaN)),
      outputMean: each((l) => l.outputMean),
      outputStd: each((l) => l.outputStd.map((v) => v || Number.NaN)),
      meanGap: each((l) => l.meanGap),
      stdGap: each((l) => l.stdGap),
    }),
  };
}

export function exampleNorms(): BatchNorms {
  const steps = Array.from({ length: 8 }, (_, i) => 25 * i);
  const series = (of: (i: number) => number) => Float64Array.from(steps, (_, i) => of(i));
  const layer = (path: string, k: number): NormOverTime => ({
    path,
    type: "batchNorm",
    channels: 3,
    inputMean: series((i) => 0.2 * k + 0.05 * i),
    inputStd: series((i) => 2 + k + 0.1 * i),
    outputMean: series(() => 0.01),
    outputStd: series((i) => 1 + 0.01 * i),
    meanGap: series((i) => 0.8 / (1 + i)),
    stdGap: series((i) => 1.5 / (1 + i)),
    gammaMean: series((i) => 1 + 0.01 * i),
    gammaMin: series((i) => 1 - 0.02 * i),
    gammaMax: series((i) => 1 + 0.05 * i),
    betaMean: series((i) => -0.01 * i),
    betaMin: series((i) => -0.05 * i),
    betaMax: series((i) => 0.02 * i),
    tracked: 175,
    last: {
      batchMean: Float32Array.of(0.1, 0.2, -0.3),
      batchVar: Float32Array.of(1, 2, 1.5),
      runningMean: Float32Array.of(0.12, 0.18, -0.25),
      runningVar: Float32Array.of(1.1, 1.9, 1.4),
    },
  });
  return {
    steps,
    source: "run 1, 8 looks, every 25 steps",
    layers: [layer("1", 0), layer("4", 1)],
    gap: { batchLoss: 0.21, runningLoss: 0.22, examples: 512 },
  };
}
