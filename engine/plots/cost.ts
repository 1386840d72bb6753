import type { Cost } from "../diagnostics/cost/cost.ts";
import { encodeColumns } from "./columns.ts";
import { significant } from "./format.ts";
import { definePlot, type Spec } from "./plot.ts";

export interface CostState extends Cost {
  readonly backend: string;
  readonly batchSize: number;
}

/** Layers whose bars are shown: the dearest. */
const MOST_LAYERS = 24;

export const costPlot = definePlot<CostState>({
  kind: "plot",
  summary: "Parameters of a model, and arithmetic and memory of one example, layer by layer.",

  title: ({ parameters, flops, batchSize, stepMs, secondsPerEpoch }) =>
    `${short(parameters)} parameters, ${short(flops)}FLOP per example; a step of ${batchSize} takes ${significant(stepMs)} ms, an epoch ${significant(secondsPerEpoch)} s`,

  text: ({ layers, parameters, activationBytes, stateBytes, gflops, backend }) => {
    const dearest = [...layers].sort((a, b) => b.flops - a.flops).slice(0, 3);
    const named = dearest.map(({ path, type, flops }) => `${path} ${type} ${short(flops)}FLOP`).join(", ");
    return `${short(parameters)} parameters; ${bytes(activationBytes)} of activations per batch, ${bytes(stateBytes)} of weights, gradients and optimizer state; ${significant(gflops)} GFLOP/s on ${backend}; dearest layers: ${named}`;
  },

  spec: ({ layers }) => {
    const shown = dearestOf(layers);
    const panel = (field: string, title: string, first: boolean): Spec => ({
      title: { text: title, anchor: "start", frame: "group" },
      width: 170,
      height: Math.max(40, 18 * shown.length),
      mark: { type: "bar", tooltip: true },
      encoding: {
        y: {
          field: "layer",
          type: "nominal",
          sort: shown.map(label),
          axis: first ? { title: null, labelLimit: 120, domain: false, ticks: false } : null,
        },
        x: { field, type: "quantitative", title: null, axis: { tickCount: 3, format: "~s" } },
        opacity: { condition: { test: "layer === null || datum.layer === layer", value: 1 }, value: 0.3 },
        tooltip: [
          { field: "layer", title: "layer" },
          { field: "parameters", title: "parameters", format: "," },
          { field: "flops", title: "FLOP per example", format: ".3~s" },
          { field: "activationBytes", title: "bytes per example", format: ".3~s" },
        ],
      },
    });
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: { link: { field: "layer", param: "layer" } } },
      params: [{ name: "layer", value: null }],
      data: { name: "layers" },
      spacing: 16,
      hconcat: [
        panel("parameters", "parameters", true),
        panel("flops", "FLOP", false),
        panel("activationBytes", "activation bytes", false),
      ],
    };
  },

  datasets: ({ layers }) => {
    const shown = dearestOf(layers);
    const column = (name: "parameters" | "flops" | "activationBytes") => shown.map((l) => l[name]);
    return {
      layers: {
        layer: { text: shown.map(label) },
        ...encodeColumns({
          parameters: column("parameters"),
          flops: column("flops"),
          activationBytes: column("activationBytes"),
        }),
      },
    };
  },

  example: () => ({
    layers: [
      { path: "0", type: "conv2d", parameters: 160, trained: 160, flops: 18432, activationBytes: 4096 },
      { path: "1", type: "relu", parameters: 0, trained: 0, flops: 0, activationBytes: 4096 },
      { path: "2", type: "linear", parameters: 10250, trained: 10250, flops: 20480, activationBytes: 40 },
    ],
    parameters: 10410,
    trained: 10410,
    flops: 38912,
    activationBytes: 526848,
    stateBytes: 166560,
    stepMs: 2.5,
    secondsPerEpoch: 0.11,
    gflops: 3,
    backend: "wasm (2 threads)",
    batchSize: 64,
  }),
});

const label = ({ path, type, parameters, trained }: Cost["layers"][number]): string =>
  `${path} ${type}${parameters > 0 && trained === 0 ? " (frozen)" : ""}`;

/** In their order; of very deep models those with the most arithmetic or memory. */
function dearestOf(layers: Cost["layers"]): Cost["layers"] {
  if (layers.length <= MOST_LAYERS) return layers;
  const weight = (l: Cost["layers"][number]) => l.flops + l.parameters + l.activationBytes;
  const kept = new Set([...layers].sort((a, b) => weight(b) - weight(a)).slice(0, MOST_LAYERS));
  return layers.filter((l) => kept.has(l));
}

/** 12.3 k, 4.56 M. */
function short(value: number): string {
  const units = ["", "k", "M", "G", "T"];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return `${significant(value / 1000 ** step)} ${units[step]}`.trimEnd() + (step === 0 ? " " : "");
}

const bytes = (value: number): string => `${short(value).trim()}B`;
