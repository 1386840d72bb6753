import { fans } from "../../init/index.ts";
import { normalQuantile } from "../../init/truncated.ts";
import { type Layer, type TracedLayer, traceModel } from "../../nn/index.ts";
import type { Tensor } from "../../ops/index.ts";
import * as ops from "../../ops/index.ts";

/** First two moments of a layer's values: the mean and the mean square. */
export interface Signal {
  readonly mean: number;
  readonly square: number;
}

/** Mean square of a parameter's drawn values, by name; undefined when there is no such parameter. */
export type DrawnSquare = (name: string) => number | undefined;

/** What theory makes of a layer: its output, and the mean square of dL/dx over that of dL/dy; null: theory says nothing of it. */
interface Passage {
  readonly output: Signal;
  readonly back: number | null;
}

/**
 * What random weights make of a signal on average, layer by layer: for a layer with weights
 *
 *   E[y^2] = fanIn E[w^2] E[x^2] + E[b^2],    E[dx^2] = fanOut E[w^2] E[dy^2]
 *
 * and for an elementwise one the moments of f(z) and f'(z)^2 for a normal z (He et al. 2015, arXiv:1502.01852, section 2.2;
 * Poole et al. 2016, arXiv:1606.05340, equation 3). `given` is what is known of the model's input; a layer of which
 * theory says nothing takes what was measured of it. Deviations by path; null where theory says nothing.
 */
export function expectedForward(
  layers: readonly TracedLayer[],
  given: ReadonlyMap<Tensor, Signal>,
  measured: (path: string) => Signal,
  drawn: DrawnSquare,
): { deviations: Map<string, number | null>; passages: Map<TracedLayer, Passage> } {
  const known = new Map(given);
  const deviations = new Map<string, number | null>();
  const passages = new Map<TracedLayer, Passage>();
  for (const layer of layers) {
    if (layer.container) continue;
    const input = known.get(layer.input);
    const passage = input && through(layer, input, drawn);
    if (passage) passages.set(layer, passage);
    const output = passage?.output ?? measured(layer.path);
    known.set(layer.output, output);
    deviations.set(layer.path, passage ? Math.sqrt(Math.max(0, output.square - output.mean ** 2)) : null);
  }
  return { deviations, passages };
}

/**
 * Deviations of the gradient with respect to each layer's output, from that of the last one back to the first. A tensor
 * that several layers read, or others than layers, has none.
 */
export function expectedBackward(
  layers: readonly TracedLayer[],
  passages: ReadonlyMap<TracedLayer, Passage>,
  measured: (path: string) => number,
): Map<string, number | null> {
  const leaves = layers.filter(({ container }) => !container);
  const readers = new Map<Tensor, number>();
  for (const { input } of leaves) readers.set(input, (readers.get(input) ?? 0) + 1);
  const expected = new Map<Tensor, number>();
  const found = new Map<string, number | null>();
  for (const layer of [...leaves].reverse()) {
    const here = expected.get(layer.output);
    found.set(layer.path, here === undefined || readers.get(layer.output) !== 1 ? null : here);
    const passage = passages.get(layer);
    if (passage && passage.back !== null) {
      expected.set(layer.input, (here ?? measured(layer.path)) * Math.sqrt(passage.back));
    }
  }
  return found;
}

function through(
  { path, type, layer, input, output }: TracedLayer,
  x: Signal,
  drawn: DrawnSquare,
): Passage | undefined {
  const base = path.replace(/ \(\d+\)$/, "");
  const weight = drawn(`${base}.weight`);
  const shape = (weight !== undefined && weightShape(output, `${base}.weight`)) || [];
  if (weight !== undefined && shape.length >= 2) {
    const { fanIn, fanOut } = fans(shape);
    const positions = (t: Tensor): number => (shape.length > 2 ? t.shape.slice(2).reduce((n, d) => n * d, 1) : 1);
    return {
      output: { mean: 0, square: fanIn * weight * x.square + (drawn(`${base}.bias`) ?? 0) },
      back: (fanOut * weight * positions(output)) / positions(input),
    };
  }
  const variance = x.square - x.mean ** 2;
  if (type === "batchNorm") {
    const scale = weight ?? 1;
    // backwards it divides by the deviation of each unit over the examples, and the moments are of all units together
    return { output: { mean: 0, square: scale }, back: null };
  }
  if (type === "dropout") {
    const kept = 1 - (layer.options as { p: number }).p;
    return kept > 0 ? { output: { mean: x.mean, square: x.square / kept }, back: 1 / kept } : undefined;
  }
  if (input === output || movesOnly(output, input)) return { output: x, back: 1 };
  return elementwise(layer, x.mean, Math.sqrt(Math.max(0, variance)));
}

/** Shape of the parameter input of this name that `output` is computed from. */
const weightShape = (output: Tensor, name: string) =>
  ops.topological([output]).find((t) => t.op === "input" && (t.attrs.name as string).endsWith(` ${name}`))?.shape;

function movesOnly(output: Tensor, input: Tensor): boolean {
  let t = output;
  while (t !== input && t.op === "reshape") t = t.inputs[0] as Tensor;
  return t === input;
}

/** Points of a normal distribution, each with the same weight. */
const POINTS = 4001;

/** Moments of f(z) and of f'(z)^2 for z ~ N(mean, std^2); undefined when the layer is not elementwise. */
function elementwise(layer: Layer, mean: number, std: number): Passage | undefined {
  const zero = ops.constant(0, [], "u32");
  const z = ops.input("z", [1, POINTS]);
  let y: Tensor;
  try {
    y = traceModel(layer, z, { parameters: {}, buffers: {}, training: false, seed: zero, step: zero }).output;
  } catch {
    return undefined; // it has parameters
  }
  const pointwise = (t: Tensor): boolean => {
    const { lower } = t.record;
    if (t === z || t.op === "constant" || t.op === "broadcast") return true;
    if (lower.kind === "expand") return ops.topological([lower.to(t.inputs, t.attrs)]).every(pointwise);
    return lower.kind === "element" && lower.pointwise;
  };
  if (y.size !== z.size || !ops.topological([y]).every(pointwise)) return undefined;
  const [slope] = ops.gradients(ops.sum(y), [z]);
  const data = Float64Array.from({ length: POINTS }, (_, i) => mean + std * normalQuantile((i + 0.5) / POINTS));
  const values = ops.evaluate([y, slope as Tensor], { z: { shape: z.shape, dtype: "f32", data } });
  const average = (v: Float64Array, f: (x: number) => number) => v.reduce((sum, x) => sum + f(x), 0) / v.length;
  const [of, by] = values.map((v) => v.data) as [Float64Array, Float64Array];
  return {
    output: { mean: average(of, (v) => v), square: average(of, (v) => v * v) },
    back: average(by, (v) => v * v),
  };
}
