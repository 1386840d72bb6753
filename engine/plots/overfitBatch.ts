import type { ChartHints } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { count, significant } from "./format.ts";
import { definePlot } from "./plot.ts";

/** The loss of one batch that is learnt by heart. */
export interface OverfitBatchState {
  readonly name: string;
  readonly examples: number;
  /** Of each step. */
  readonly losses: readonly number[];
  readonly lr: number;
  /** What has to be reached. */
  readonly target: number;
  /** Null while it goes on. */
  readonly reached: boolean | null;
}

/** Points of the curve at most. */
const MOST_POINTS = 500;

const lowestOf = ({ losses }: OverfitBatchState): number =>
  losses.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);

export const overfitBatchPlot = definePlot<OverfitBatchState>({
  kind: "plot",
  summary: "The loss of one batch that is learnt by heart, and the loss that it has to reach.",

  title: (state) => {
    const { name, examples, losses, reached, target } = state;
    const head = `${name}: ${count(examples, "example")}`;
    if (reached === null) return `${head}: loss ${significant(losses.at(-1))} after ${count(losses.length, "step")}`;
    return reached
      ? `${head} learnt by heart in ${count(losses.length, "step")}`
      : `${head} not learnt by heart: loss ${significant(lowestOf(state))} after ${count(losses.length, "step")}, ${significant(target)} was to be reached`;
  },

  text: (state) =>
    `The loss of one batch of ${count(state.examples, "example")} goes from ${significant(state.losses[0])} to ${significant(lowestOf(state))} at its lowest in ${count(state.losses.length, "step")} with Adam at ${significant(state.lr)}; below ${significant(state.target)} the batch is learnt by heart.`,

  spec: ({ losses }) => {
    const hints: ChartHints = {
      log: ["curve"],
      x: { field: "step", label: "step" },
      values: [{ dataset: "curve", field: "loss", label: "loss", series: null }],
    };
    const y = (field: string) => ({
      field,
      type: "quantitative",
      title: "loss of the batch",
      scale: { type: "log" },
      axis: { tickCount: 5 },
    });
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints },
      name: "curve",
      width: 540,
      height: 180,
      layer: [
        {
          data: { name: "curve" },
          mark: { type: "line", strokeWidth: 2 },
          encoding: {
            x: {
              field: "step",
              type: "quantitative",
              title: "step",
              scale: { domain: [1, Math.max(2, losses.length)], nice: false },
              axis: { tickMinStep: 1, format: ",d" },
            },
            y: y("loss"),
          },
        },
        {
          data: { name: "target" },
          mark: { type: "rule", strokeDash: [5, 3] },
          encoding: { y: y("loss") },
        },
        {
          data: { name: "target" },
          mark: { type: "text", align: "right", baseline: "bottom", dy: -3, x: "width" },
          encoding: { y: y("loss"), text: { field: "label", type: "nominal" } },
        },
      ],
    };
  },

  datasets: ({ losses, target }) => {
    const stride = Math.max(1, Math.ceil(losses.length / MOST_POINTS));
    const kept = losses.flatMap((loss, i) =>
      i % stride === 0 || i === losses.length - 1 ? [{ step: i + 1, loss: loss > 0 ? loss : Number.NaN }] : [],
    );
    return {
      curve: encodeColumns({ step: kept.map(({ step }) => step), loss: kept.map(({ loss }) => loss) }),
      target: {
        ...encodeColumns({ loss: [target] }),
        label: { text: [`learnt by heart below ${significant(target)}`] },
      },
    };
  },

  example: () => ({
    name: "experiment 1",
    examples: 32,
    losses: Array.from({ length: 60 }, (_, i) => 1.1 * 0.92 ** i),
    lr: 0.01,
    target: 0.01,
    reached: true,
  }),
});
