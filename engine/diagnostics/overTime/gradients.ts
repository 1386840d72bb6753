import { int } from "../../params/index.ts";
import { count, percent, significant } from "../../plots/format.ts";
import { gradientFlow } from "../../plots/overTime/gradientFlow.ts";
import { labelOf, lastKnown } from "../../plots/overTime/parts.ts";
import { updateRatio } from "../../plots/overTime/updateRatio.ts";
import {
  type Instruments,
  type ParameterLooks,
  parametersByLayer,
  type Strip,
} from "../../session/instruments/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, showChart } from "../showing.ts";
import { seenOf } from "./seen.ts";

/** What reached the parameters of one layer at each look: all its tensors together. NaN where nothing was seen. */
export interface LayerGradients {
  readonly path: string;
  readonly type: string;
  readonly parameters: readonly string[];
  /** Euclidean norms of gradient, weights and update. */
  readonly gradientNorm: Float64Array;
  readonly weightNorm: Float64Array;
  readonly updateNorm: Float64Array;
  /** Mean and largest absolute value of the gradient's elements, and the share that is exactly 0. */
  readonly meanAbs: Float64Array;
  readonly maxAbs: Float64Array;
  readonly zero: Float64Array;
  /** updateNorm / weightNorm: about 1e-3 is healthy. */
  readonly ratio: Float64Array;
  /** Cosine between successive updates: near 1 they go on, near -1 they undo each other. */
  readonly cosine: Float64Array;
}

/** The gradient as a whole, by bins of steps: of every step, looked at or not. */
export interface WholeGradient {
  readonly step: Float64Array;
  readonly norm: Float64Array;
  readonly largest: Float64Array;
  /** After clipping. */
  readonly after: Float64Array;
  readonly clipped: Float64Array;
  /** Share of all steps. */
  readonly clippedShare: number;
  readonly clips: boolean;
}

export interface Gradients {
  readonly steps: readonly number[];
  readonly source: string;
  /** Layers with parameters, from input to output. */
  readonly layers: readonly LayerGradients[];
  readonly whole: WholeGradient;
  /** The layer nearest the output, counted back from it, whose gradient is below 1e-4 of the last layer's; null: none is. */
  readonly vanishing: { readonly layer: string; readonly share: number } | null;
  /** The layer with the largest gradient when it is above 1e4 of the last layer's, or when the norm grew a thousandfold. */
  readonly exploding: { readonly layer: string; readonly share: number } | null;
}

/** Bounds of a layer's gradient relative to the last layer's. */
const VANISHED = 1e-4;
const EXPLODED = 1e4;

export const gradients = defineDiagnostic({
  summary: "Gradient flow: gradient norms by layer over the steps, updates beside the weights, clipping.",
  paper: "Glorot & Bengio 2010, AISTATS; Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063",
  params: {
    steps: int(200, "[2, 10000]", "Steps that a copy is trained for when there is no instrumented run to read."),
  },
  of: ["experiment", "run"],
  inspects: true,
  cost: "nothing for a run with instruments; else 200 training steps of a copy, each with a look",
  measure: async (subject, { steps }, context): Promise<Gradients> => {
    const { instruments, strip, source } = await seenOf(subject, steps, context);
    const found = gradientsIn(instruments, strip, source);
    showChart(context, gradientFlow, found);
    showChart(context, updateRatio, found);
    return measured(found, describe(found));
  },
});

/** Sums up by layer what was seen of parameters. */
export function gradientsIn(instruments: Instruments, strip: Strip, source: string): Gradients {
  const tensors = new Map(instruments.parameters.map((parameter) => [parameter.name, parameter]));
  const layers = parametersByLayer(instruments.layers, [...tensors.keys()]).map(({ path, type, parameters }) => {
    const own = parameters.map((name) => tensors.get(name) as ParameterLooks);
    return together(path, type, own, instruments.steps.length);
  });
  const rows = strip.rows();
  const column = (name: string) => rows[name] as Float64Array;
  const whole: WholeGradient = {
    step: column("step"),
    norm: column("norm"),
    largest: column("largest"),
    after: column("after"),
    clipped: column("clipped"),
    clippedShare: strip.clippedShare,
    clips: strip.clips,
  };
  const note = instruments.note ? `${source}; ${instruments.note}` : source;
  return { steps: instruments.steps, source: note, layers, whole, ...flow(layers) };
}

function together(path: string, type: string, own: readonly ParameterLooks[], looks: number): LayerGradients {
  const each = (of: (look: number) => number) => Float64Array.from({ length: looks }, (_, look) => of(look));
  const norm = (of: (p: ParameterLooks) => Float64Array) =>
    each((look) => Math.hypot(...own.map((p) => of(p)[look] as number)));
  const size = own.reduce((n, p) => n + p.size, 0);
  const mean = (of: (p: ParameterLooks) => Float64Array) =>
    each((look) => own.reduce((sum, p) => sum + (of(p)[look] as number) * p.size, 0) / size);
  const weightNorm = norm((p) => p.norm);
  const updateNorm = norm((p) => p.updateNorm);
  const largest = own.reduce((a, b) => (b.size > a.size ? b : a));
  return {
    path,
    type,
    parameters: own.map(({ name }) => name),
    gradientNorm: norm((p) => p.gradientNorm),
    weightNorm,
    updateNorm,
    meanAbs: mean((p) => p.gradientMeanAbs),
    maxAbs: each((look) => Math.max(...own.map((p) => p.gradientMaxAbs[look] as number))),
    zero: mean((p) => p.gradientZero),
    ratio: updateNorm.map((norm, look) => norm / (weightNorm[look] as number)),
    cosine: largest.updateCosine,
  };
}

/** Where gradients vanish or explode on their way back: the median over the looks of each layer relative to the last. */
function flow(layers: readonly LayerGradients[]): Pick<Gradients, "vanishing" | "exploding"> {
  // normalization layers scale with their own gradients; what passes back is seen at the weights
  const passed = layers.filter(({ type }) => type !== "batchNorm");
  const last = passed.at(-1);
  if (!last) return { vanishing: null, exploding: null };
  const shares = passed.map((layer) => {
    const relative = Array.from(layer.gradientNorm, (norm, look) => norm / (last.gradientNorm[look] as number));
    const known = relative.filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
    return { layer: labelOf(layer), share: known[known.length >> 1] ?? Number.NaN };
  });
  const vanishing = shares.findLast(({ share }) => share < VANISHED) ?? null;
  const largest = shares.reduce((a, b) => (b.share > a.share ? b : a), { layer: "", share: 0 });
  return { vanishing, exploding: largest.share > EXPLODED ? largest : null };
}

function describe({ source, layers, whole, vanishing, exploding }: Gradients): string {
  const lines = layers.map(
    ({ gradientNorm, ratio, ...layer }) =>
      `  ${labelOf(layer).padEnd(16)} gradient ${significant(lastKnown(gradientNorm))}, update per weight ${significant(lastKnown(ratio))}`,
  );
  return [
    `gradients of ${source}`,
    ...(vanishing
      ? [`  ! vanishing: at ${vanishing.layer} ${significant(vanishing.share)} of the last layer's is left`]
      : []),
    ...(exploding
      ? [`  ! exploding: at ${exploding.layer} ${significant(exploding.share)} times the last layer's`]
      : []),
    ...(whole.clips ? [`  clipped in ${percent(whole.clippedShare)} of the steps`] : []),
    `at the last look (${count(layers.length, "layer")} with parameters):`,
    ...(lines.length > 24 ? [...lines.slice(0, 12), "  ...", ...lines.slice(-11)] : lines),
  ].join("\n");
}
