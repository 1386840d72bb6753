import { encodeColumns } from "./columns.ts";
import { count as counted, percent } from "./format.ts";
import { definePlot } from "./plot.ts";

export interface CoverageState {
  readonly name: string;
  readonly part: string;
  readonly count: number;
  readonly threshold: readonly number[];
  readonly coverage: readonly number[];
  readonly accuracy: readonly number[];
  readonly coverageFor: Readonly<Record<string, number>>;
}

/** Points of the curve at most. */
const MOST_POINTS = 500;

export const coveragePlot = definePlot<CoverageState>({
  kind: "plot",
  summary: "Accuracy on the examples that are answered, against the share that is.",

  title: ({ accuracy, coverageFor, part }) => {
    const all = accuracy.at(-1) ?? Number.NaN;
    const better = Object.entries(coverageFor).find(([wanted, share]) => Number(wanted) > all && share > 0);
    const head = `${percent(all)} right when all ${part} examples are answered`;
    return better ? `${head}, ${percent(Number(better[0]))} on the surest ${percent(better[1])}` : head;
  },

  text: ({ name, part, count, accuracy, coverageFor }) =>
    `coverage and accuracy of ${name} on ${counted(count, `${part} example`)}: ${percent(accuracy.at(-1))} right when all are answered; ${Object.entries(
      coverageFor,
    )
      .map(
        ([wanted, share]) =>
          `${percent(Number(wanted))} right: ${share > 0 ? `the surest ${percent(share)}` : "never"}`,
      )
      .join("; ")}`,

  spec: ({ accuracy }) => ({
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    width: 520,
    height: 240,
    data: { name: "points" },
    mark: { type: "line", interpolate: "step-before", strokeWidth: 2 },
    encoding: {
      x: {
        field: "coverage",
        type: "quantitative",
        title: "share of the examples that is answered, the surest first",
        scale: { domain: [0, 1] },
        axis: { format: "%" },
      },
      y: {
        field: "accuracy",
        type: "quantitative",
        title: "of these right",
        scale: { domain: [Math.max(0, Math.min(...accuracy) - 0.01), 1], nice: true },
        axis: { format: ".3~%" },
      },
      order: { field: "coverage", type: "quantitative" },
      color: { datum: "answered", scale: { range: "category" }, legend: null },
      tooltip: [
        { field: "threshold", type: "quantitative", title: "when the probability is at least", format: ".3f" },
        { field: "coverage", type: "quantitative", title: "answered", format: ".1%" },
        { field: "accuracy", type: "quantitative", title: "right", format: ".2%" },
      ],
    },
  }),

  datasets: ({ threshold, coverage, accuracy }) => {
    const kept = Math.min(MOST_POINTS, coverage.length);
    const at = Array.from({ length: kept }, (_, i) => Math.round((i * (coverage.length - 1)) / Math.max(1, kept - 1)));
    const of = (values: readonly number[]) => at.map((i) => values[i] as number);
    return {
      points: encodeColumns({ threshold: of(threshold), coverage: of(coverage), accuracy: of(accuracy) }),
    };
  },

  example: () => ({
    name: "example",
    part: "validation",
    count: 4,
    threshold: [0.99, 0.9, 0.8, 0.5],
    coverage: [0.25, 0.5, 0.75, 1],
    accuracy: [1, 1, 1, 0.75],
    coverageFor: { "0.95": 0.75, "0.99": 0.75, "0.999": 0.75 },
  }),
});
