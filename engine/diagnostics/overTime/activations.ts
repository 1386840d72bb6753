import { int, value } from "../../params/index.ts";
import { count, percent, significant } from "../../plots/format.ts";
import { activationHistory } from "../../plots/overTime/activationHistory.ts";
import { activationStatistics } from "../../plots/overTime/activationStatistics.ts";
import { labelOf, MOST_SHOWN } from "../../plots/overTime/parts.ts";
import type { LayerLooks } from "../../session/instruments/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, showChart } from "../showing.ts";
import { chosenLayers } from "./layers.ts";
import { seenOf } from "./seen.ts";

/** A unit that gives nothing, with the step since when. */
export interface LastingUnit {
  readonly unit: number;
  readonly since: number;
  readonly looks: number;
}

/** What a layer's output was at each look. */
export interface LayerOverTime {
  readonly path: string;
  readonly type: string;
  readonly mean: Float64Array;
  readonly std: Float64Array;
  /** Share of values within 0.001 of 0. */
  readonly nearZero: Float64Array;
  /** Share of units that were 0 for the whole batch. */
  readonly deadShare: Float64Array;
  /** Share of inputs in the flat ends of a tanh (beyond 3) or sigmoid (beyond 5); NaN for other layers. */
  readonly saturated: Float64Array;
  /** Share of the strongest input in the variance of what a linear layer or convolution computes; NaN for other layers. */
  readonly strongest: Float64Array;
  readonly units: number;
  /** Units of a layer that can die that were 0 at all of the last looks (at least 5 and a quarter of them). */
  readonly dead: readonly LastingUnit[];
}

export interface Activations {
  /** Updates that were done at each look. */
  readonly steps: readonly number[];
  readonly source: string;
  readonly layers: readonly LayerOverTime[];
  /** What is wrong, worst first; empty: nothing. */
  readonly verdict: readonly string[];
}

export const activations = defineDiagnostic({
  summary: "What each layer gives while it trains: values, means, deviations, dead and saturated units over the steps.",
  paper: "Howard & Gugger 2020, Deep Learning for Coders, chapter 13 (the colourful dimension, after S. Giomo)",
  params: {
    layers: value<readonly string[] | null>(
      null,
      {
        type: "readonly string[]",
        noun: 'a list of paths of layers, as ["0", "3"]',
        accepts: (given) => Array.isArray(given) && given.every((path) => typeof path === "string"),
      },
      "Paths of the layers whose values are drawn; six, evenly, when not given. The overview has all.",
    ),
    steps: int(200, "[2, 10000]", "Steps that a copy is trained for when there is no instrumented run to read."),
  },
  of: ["experiment", "run"],
  inspects: true,
  cost: "nothing for a run with instruments; else 200 training steps of a copy, each with a look",
  measure: async (subject, { layers: paths, steps }, context): Promise<Activations> => {
    const { instruments, source } = await seenOf(subject, steps, context);
    const all = instruments.layers;
    const shown = chosenLayers("inspect.activations", all, paths, MOST_SHOWN);
    const layers = all.map(overTime);
    const verdict = verdictOf(layers, instruments.steps);
    const picture = {
      source: instruments.note ? `${source}; ${instruments.note}` : source,
      steps: instruments.steps,
      layers,
      shown: shown.map((layer) => ({ label: labelOf(layer), histogram: layer.histogram })),
      verdict,
    };
    showChart(context, activationHistory, picture);
    showChart(context, activationStatistics, picture);
    const found = { steps: instruments.steps, source: picture.source, layers, verdict };
    return measured(found, describe(found));
  },
});

const overTime = (layer: LayerLooks): LayerOverTime => ({
  path: layer.path,
  type: layer.type,
  mean: layer.series("mean"),
  std: layer.series("std"),
  nearZero: layer.series("nearZero"),
  deadShare: layer.deadShare,
  saturated: layer.saturated,
  strongest: layer.strongest,
  units: Math.ceil(layer.units / layer.unitStride),
  dead: layer.dies ? layer.lasting() : [],
});

/** Shares from which on a layer is named. */
const DEAD = 0.1;
const SATURATED = 0.3;
/** A deviation below this share of the largest one before it, and one above it so many times, is a signal lost or run away. */
const LOST = 1e-3;

function verdictOf(layers: readonly LayerOverTime[], steps: readonly number[]): string[] {
  const found: { weight: number; text: string }[] = [];
  for (const layer of layers) {
    const label = labelOf(layer);
    const share = layer.units === 0 ? 0 : layer.dead.length / layer.units;
    if (share >= DEAD) {
      const since = Math.max(...layer.dead.map((unit) => unit.since));
      const text = `${label}: ${layer.dead.length} of ${layer.units} units give nothing any more, since step ${since.toLocaleString("en-US")}`;
      found.push({ weight: 2 + share, text });
    }
    const saturated = layer.saturated.at(-1) ?? Number.NaN;
    if (saturated >= SATURATED) {
      found.push({ weight: 1 + saturated, text: `${label}: ${percent(saturated)} of its inputs are in the flat ends` });
    }
  }
  const stds = layers.map(({ std }) => std.at(-1) as number);
  let largest = 0;
  for (const [i, std] of stds.entries()) {
    if (std < LOST * largest) {
      const label = labelOf(layers[i] as LayerOverTime);
      const text = `from ${label} on the signal is lost: std ${significant(std)} after ${significant(largest)}`;
      found.push({ weight: 1.5, text });
      break;
    }
    largest = Math.max(largest, std);
  }
  const unfinished = layers.find(({ std }) => std.some((v) => Number.isNaN(v)));
  if (unfinished) {
    const look = unfinished.std.findIndex((v) => Number.isNaN(v));
    const text = `${labelOf(unfinished)} is not finite at step ${(steps[look] ?? 0).toLocaleString("en-US")}`;
    found.push({ weight: 4, text });
  }
  return found.sort((a, b) => b.weight - a.weight).map(({ text }) => text);
}

function describe({ source, layers, verdict, steps }: Activations): string {
  const lines = layers.map((layer) => {
    const { mean, std, nearZero, dead, units } = layer;
    const died = dead.length > 0 ? `, ${dead.length} of ${units} units dead` : "";
    return `  ${labelOf(layer).padEnd(16)} mean ${significant(mean.at(-1))}, std ${significant(std[0])} -> ${significant(std.at(-1))}, near zero ${percent(nearZero.at(-1))}${died}`;
  });
  const end = steps.at(-1) ?? 0;
  return [
    `activations of ${source}`,
    ...verdict.map((text) => `  ! ${text}`),
    `at step ${end.toLocaleString("en-US")} (${count(layers.length, "layer")}):`,
    ...(lines.length > 24 ? [...lines.slice(0, 12), "  ...", ...lines.slice(-11)] : lines),
  ].join("\n");
}
