import { encodeColumns } from "./columns.ts";
import { histogram, standardError } from "./distribution.ts";
import { count as counted, significant } from "./format.ts";
import { definePlot } from "./plot.ts";

export interface ResidualsState {
  readonly name: string;
  readonly part: string;
  readonly truth: readonly number[];
  readonly predicted: readonly number[];
  readonly r2: number;
  readonly rmse: number;
  readonly mae: number;
  /** Mean of predicted - true. */
  readonly bias: number;
}

/** Points of the scatter at most; the histogram counts all. */
const MOST_POINTS = 2000;
const BINS = 30;

/** A mean error beyond what chance explains: more than twice its standard error. */
function leaning({ bias, rmse, truth }: ResidualsState): string {
  const error = standardError(Math.sqrt(Math.max(0, rmse ** 2 - bias ** 2)), truth.length);
  if (Math.abs(bias) <= 2 * error) return "";
  return bias > 0 ? `, on average ${significant(bias)} too high` : `, on average ${significant(-bias)} too low`;
}

export const residualsPlot = definePlot<ResidualsState>({
  kind: "plot",
  summary: "Predicted against true values, and how many errors there are of each size.",

  title: (state) =>
    `R² ${significant(state.r2)}, mean absolute error ${significant(state.mae)}${leaning(state)} on ${counted(state.truth.length, `${state.part} example`)}`,

  text: (state) =>
    `predicted against true values of ${state.name} on ${counted(state.truth.length, `${state.part} example`)}: R² ${significant(state.r2)}, root mean squared error ${significant(state.rmse)}, mean absolute error ${significant(state.mae)}, mean error ${significant(state.bias)}`,

  spec: ({ truth, predicted }) => {
    const values = [...truth, ...predicted];
    const domain = [
      values.reduce((a, b) => Math.min(a, b), Infinity),
      values.reduce((a, b) => Math.max(a, b), -Infinity),
    ];
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      spacing: 24,
      hconcat: [
        {
          width: 260,
          height: 260,
          layer: [
            {
              data: { name: "line" },
              mark: { type: "line", strokeDash: [4, 3], strokeWidth: 1, opacity: 0.7 },
              encoding: { x: { field: "at", type: "quantitative" }, y: { field: "at", type: "quantitative" } },
            },
            {
              data: { name: "examples" },
              mark: { type: "point", filled: true, size: 22, opacity: 0.5 },
              encoding: {
                x: { field: "truth", type: "quantitative", title: "true", scale: { domain, nice: true, zero: false } },
                y: {
                  field: "predicted",
                  type: "quantitative",
                  title: "predicted",
                  scale: { domain, nice: true, zero: false },
                },
                color: { datum: "examples", scale: { range: "category" }, legend: null },
                tooltip: [
                  { field: "row", type: "quantitative", title: "example" },
                  { field: "truth", type: "quantitative", title: "true", format: ".4~g" },
                  { field: "predicted", type: "quantitative", title: "predicted", format: ".4~g" },
                ],
              },
            },
          ],
        },
        {
          width: 220,
          height: 260,
          layer: [
            {
              data: { name: "bins" },
              mark: { type: "rect", opacity: 0.6 },
              encoding: {
                x: { field: "from", type: "quantitative", title: "predicted less true" },
                x2: { field: "to" },
                y: { field: "count", type: "quantitative", title: "examples", axis: { format: "~s" } },
                y2: { datum: 0 },
                color: { datum: "examples", scale: { range: "category" }, legend: null },
                tooltip: [
                  { field: "from", type: "quantitative", title: "from", format: ".4~g" },
                  { field: "to", type: "quantitative", title: "to", format: ".4~g" },
                  { field: "count", type: "quantitative", title: "examples", format: "," },
                ],
              },
            },
            {
              data: { name: "zero" },
              mark: { type: "rule", strokeDash: [4, 3] },
              encoding: { x: { field: "at", type: "quantitative" } },
            },
          ],
        },
      ],
    };
  },

  datasets: ({ truth, predicted }) => {
    const stride = Math.ceil(truth.length / MOST_POINTS);
    const kept = truth.map((_, i) => i).filter((i) => i % stride === 0);
    const errors = predicted.map((p, i) => p - (truth[i] as number));
    // 0 has its place also where all errors are on one side
    const [low, high] = [errors.reduce((a, b) => Math.min(a, b), 0), errors.reduce((a, b) => Math.max(a, b), 0)];
    const { counts, edges } = histogram(errors, BINS, [low, high > low ? high : low + 1]);
    const all = [truth.reduce((a, b) => Math.min(a, b), Infinity), truth.reduce((a, b) => Math.max(a, b), -Infinity)];
    return {
      examples: encodeColumns({
        row: kept,
        truth: kept.map((i) => truth[i] as number),
        predicted: kept.map((i) => predicted[i] as number),
      }),
      line: encodeColumns({ at: all }),
      zero: encodeColumns({ at: [0] }),
      bins: encodeColumns({
        from: edges.slice(0, -1),
        to: edges.slice(1),
        count: counts,
      }),
    };
  },

  example: () => ({
    name: "example",
    part: "validation",
    truth: [1, 2, 3, 4],
    predicted: [1.2, 1.9, 3.4, 3.8],
    r2: 0.95,
    rmse: 0.25,
    mae: 0.225,
    bias: 0.075,
  }),
});
