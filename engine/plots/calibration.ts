import type { Bin } from "../metrics/exact/index.ts";
import { encodeColumns } from "./columns.ts";
import { count as counted, percent } from "./format.ts";
import { definePlot } from "./plot.ts";

export interface CalibrationState {
  readonly name: string;
  readonly part: string;
  /** "the predicted class", or the class whose probability it is. */
  readonly of: string;
  readonly count: number;
  readonly bins: readonly Bin[];
  readonly expectedError: number;
  readonly overconfidence: number;
}

/** Gaps below this are not called over- or underconfidence. */
const SMALL = 0.02;

function verdict({ overconfidence, of, expectedError, count, bins }: CalibrationState): string {
  const by = percent(Math.abs(overconfidence));
  const noise = noiseOf(bins, count);
  if (expectedError <= noise) return `as well calibrated as ${counted(count, "example")} can tell`;
  if (Math.abs(overconfidence) < SMALL)
    return expectedError < 2 * SMALL ? "well calibrated" : "too high here, too low there";
  if (of === "the predicted class") return overconfidence > 0 ? `overconfident by ${by}` : `underconfident by ${by}`;
  return overconfidence > 0 ? `probabilities too high by ${by}` : `probabilities too low by ${by}`;
}

/** Wilson's 95 % interval of a bin's share: what chance leaves open, also where all or none came true. */
function wilson({ observed, count }: Bin): [number, number] {
  const z = 1.96 ** 2 / count;
  const middle = (observed + z / 2) / (1 + z);
  const half = (1.96 * Math.sqrt((observed * (1 - observed)) / count + z / (4 * count))) / (1 + z);
  return [middle - half, middle + half];
}

/** What the error would be about, by chance alone, of a model that is calibrated: mean |gap| of binomial shares. */
function noiseOf(bins: readonly Bin[], count: number): number {
  const each = bins.map((b) => Math.sqrt((2 / Math.PI) * b.count * b.predicted * (1 - b.predicted)));
  return each.reduce((a, b) => a + b, 0) / count;
}

export const calibrationPlot = definePlot<CalibrationState>({
  kind: "plot",
  summary: "Shares that came true against predicted probabilities, with the examples behind each.",

  title: (state) =>
    `${verdict(state)}: expected calibration error ${percent(state.expectedError)} on ${counted(state.count, `${state.part} example`)}`,

  text: (state) =>
    `reliability diagram of ${state.name} for ${state.of} on ${counted(state.count, `${state.part} example`)}: ${verdict(state)}, expected calibration error ${percent(state.expectedError)}; ${state.bins
      .map((b) => `predicted ${percent(b.predicted)}, came ${percent(b.observed)} of ${b.count}`)
      .join("; ")}`,

  spec: ({ of }) => {
    const x = (title: string | null) => ({
      field: "from",
      type: "quantitative",
      title,
      scale: { domain: [0, 1] },
      axis: { format: "%", labels: title !== null, ticks: title !== null },
    });
    const tooltip = [
      { field: "from", type: "quantitative", title: "probability from", format: ".2f" },
      { field: "to", type: "quantitative", title: "to", format: ".2f" },
      { field: "predicted", type: "quantitative", title: "predicted, mean", format: ".1%" },
      { field: "observed", type: "quantitative", title: "came true", format: ".1%" },
      { field: "count", type: "quantitative", title: "examples", format: "," },
    ];
    const share = { type: "quantitative", scale: { domain: [0, 1] }, axis: { format: "%" } };
    const title = of === "the predicted class" ? "right" : `share of ${of}`;
    const colour = (datum: string) => ({
      datum,
      scale: { domain: ["came true", "as predicted"], range: "category" },
      legend: { title: null, orient: "top", symbolType: "square" },
    });
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      spacing: 10,
      resolve: { scale: { x: "shared" } },
      data: { name: "bins" },
      vconcat: [
        {
          width: 440,
          height: 260,
          layer: [
            {
              mark: { type: "rect", opacity: 0.55 },
              encoding: {
                x: x(null),
                x2: { field: "to" },
                y: { ...share, field: "observed", title },
                y2: { datum: 0 },
                color: colour("came true"),
                tooltip,
              },
            },
            {
              data: { name: "ideal" },
              mark: { type: "line", strokeDash: [4, 3], strokeWidth: 1, opacity: 0.7 },
              encoding: { x: { field: "x", type: "quantitative" }, y: { field: "y", type: "quantitative" } },
            },
            {
              mark: { type: "rule", strokeWidth: 1.5 },
              encoding: {
                x: { field: "predicted", type: "quantitative" },
                y: { field: "low", type: "quantitative" },
                y2: { field: "high" },
              },
            },
            {
              mark: { type: "point", filled: true, size: 50, opacity: 1 },
              encoding: {
                x: { field: "predicted", type: "quantitative" },
                y: { ...share, field: "predicted", title },
                color: colour("as predicted"),
                tooltip,
              },
            },
          ],
        },
        {
          width: 440,
          height: 70,
          mark: { type: "rect", opacity: 0.55 },
          encoding: {
            x: x(`predicted probability of ${of}`),
            x2: { field: "to" },
            y: { field: "count", type: "quantitative", title: "examples", axis: { tickCount: 3, format: "~s" } },
            y2: { datum: 0 },
            color: colour("came true"),
            tooltip,
          },
        },
      ],
    };
  },

  datasets: ({ bins }) => {
    return {
      bins: encodeColumns({
        from: bins.map((b) => b.from),
        to: bins.map((b) => b.to),
        count: bins.map((b) => b.count),
        predicted: bins.map((b) => b.predicted),
        observed: bins.map((b) => b.observed),
        low: bins.map((b) => wilson(b)[0]),
        high: bins.map((b) => wilson(b)[1]),
      }),
      ideal: encodeColumns({ x: [0, 1], y: [0, 1] }),
    };
  },

  example: () => ({
    name: "example",
    part: "validation",
    of: "the predicted class",
    count: 180,
    bins: [
      { from: 0.5, to: 0.6, count: 20, predicted: 0.56, observed: 0.45 },
      { from: 0.8, to: 0.9, count: 40, predicted: 0.85, observed: 0.65 },
      { from: 0.9, to: 1, count: 120, predicted: 0.97, observed: 0.85 },
    ],
    expectedError: 0.137,
    overconfidence: 0.137,
  }),
});
