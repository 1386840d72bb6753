import type { Baselines } from "../diagnostics/baselines/baselines.ts";
import { encodeColumns } from "./columns.ts";
import { count as counted, percent, significant } from "./format.ts";
import { definePlot } from "./plot.ts";

export interface BaselinesState extends Baselines {
  /** Name of the experiment. */
  readonly name: string;
}

const show = ({ task }: Baselines) => (task === "classification" ? percent : significant);

function finding(state: BaselinesState): string {
  const { contenders, network } = state;
  const best = contenders.find((c) => !c.network);
  const own = contenders.find((c) => c.network);
  const said = (figure: number | undefined) => show(state)(figure);
  if (!own) return `${best?.name} reaches ${said(best?.figure)}`;
  const pair = `${own.name} ${said(own.figure)}, ${best?.name} ${said(best?.figure)}`;
  if (network === "better") return `the network beats the baselines: ${pair}`;
  return network === "worse"
    ? `a baseline beats the network: ${pair}`
    : `the network is within noise of a baseline: ${pair}`;
}

export const baselinesPlot = definePlot<BaselinesState>({
  kind: "plot",
  summary: "What plain models reach beside the network, with what chance leaves open.",

  title: (state) => finding(state),

  text: (state) =>
    `baselines of ${state.name} on ${counted(state.examples, `${state.part} example`)}: ${finding(state)}; ${state.contenders
      .map((c) => `${c.name} ${show(state)(c.figure)} (${show(state)(c.low)} to ${show(state)(c.high)})`)
      .join(", ")}`,

  spec: ({ task, contenders, part }) => {
    const title = `${task === "classification" ? "accuracy" : "root mean squared error"}, ${part} data`;
    const axis = { tickCount: 6, ...(task === "classification" ? { format: ".0%" } : {}) };
    const x = (field: string) => ({
      field,
      type: "quantitative",
      title,
      scale: { zero: true },
      axis,
    });
    const colour = {
      field: "kind",
      type: "nominal",
      scale: { domain: ["network", "baseline"], range: "category" },
      legend: null,
    };
    const tooltip = [
      { field: "model", type: "nominal", title: "model" },
      ...["figure", "low", "high"].map((field) => ({
        field,
        type: "quantitative",
        title: field === "figure" ? title : field === "low" ? "95 % from" : "to",
        format: task === "classification" ? ".1%" : ".4~g",
      })),
    ];
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      width: 540,
      height: { step: 30 },
      data: { name: "contenders" },
      encoding: {
        y: {
          field: "model",
          type: "nominal",
          title: null,
          sort: contenders.map(({ name }) => name),
          axis: { labelLimit: 130, minExtent: 44, maxExtent: 150, domain: false, ticks: false },
        },
      },
      layer: [
        {
          mark: { type: "bar", opacity: 0.55, height: { band: 0.6 } },
          encoding: { x: x("figure"), color: colour, tooltip },
        },
        { mark: { type: "rule", strokeWidth: 1.5 }, encoding: { x: x("low"), x2: { field: "high" } } },
      ],
    };
  },

  datasets: ({ contenders }) => ({
    contenders: {
      model: { text: contenders.map(({ name }) => name) },
      kind: { text: contenders.map(({ network }) => (network ? "network" : "baseline")) },
      ...encodeColumns({
        figure: contenders.map((c) => c.figure),
        low: contenders.map((c) => c.low),
        high: contenders.map((c) => c.high),
      }),
    },
  }),

  example: () => ({
    name: "example",
    part: "validation",
    examples: 449,
    task: "classification",
    contenders: [
      { name: "run 1", network: true, figure: 0.97, low: 0.95, high: 0.98 },
      { name: "logistic regression", network: false, figure: 0.955, low: 0.93, high: 0.97 },
      { name: "nearest mean", network: false, figure: 0.89, low: 0.86, high: 0.92 },
      { name: "majority", network: false, figure: 0.1, low: 0.08, high: 0.13 },
    ],
    network: "better",
  }),
});
