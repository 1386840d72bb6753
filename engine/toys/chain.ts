import { currentContext, maybeContext } from "../context/index.ts";
import { nn, traceModel } from "../nn/index.ts";
import { add, constant, gradients, input, mul, type Tensor } from "../ops/index.ts";
import { check, choice, int, num, type Options } from "../params/index.ts";
import { runGraph } from "../plan/index.ts";
import { type ChainState, chain as chainPlot } from "../plots/chain.ts";
import { CHART_MIME, type OutputItem } from "../protocol/index.ts";
import { normal } from "../random/index.ts";

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** Activations with their derivatives by hand, and how much of a gradient one of them passes at most. */
const curves = {
  sigmoid: { f: sigmoid, slope: (z: number) => sigmoid(z) * (1 - sigmoid(z)), most: 0.25 },
  tanh: { f: Math.tanh, slope: (z: number) => 1 - Math.tanh(z) ** 2, most: 1 },
  relu: { f: (z: number) => Math.max(z, 0), slope: (z: number) => (z > 0 ? 1 : 0), most: 1 },
  leakyRelu: { f: (z: number) => (z > 0 ? z : 0.01 * z), slope: (z: number) => (z > 0 ? 1 : 0.01), most: 1 },
  elu: { f: (z: number) => (z > 0 ? z : Math.expm1(z)), slope: (z: number) => (z > 0 ? 1 : Math.exp(z)), most: 1 },
  softplus: { f: (z: number) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))), slope: sigmoid, most: 1 },
  softsign: { f: (z: number) => z / (1 + Math.abs(z)), slope: (z: number) => 1 / (1 + Math.abs(z)) ** 2, most: 1 },
  identity: { f: (z: number) => z, slope: () => 1, most: 1 },
} as const;

type Activation = keyof typeof curves;

/** Options of `toy.chain({ ... })`. */
export const chainParams = {
  depth: int(4, "[1, 200]", "Neurons, one after the other."),
  activation: choice("sigmoid", Object.keys(curves) as Activation[], "What each neuron does to its sum."),
  scale: num(1, "[0, inf)", "Standard deviation of the weights."),
  bias: num(0, "[0, inf)", "Standard deviation of the biases."),
  input: num(1, "(-inf, inf)", "What goes in."),
  seed: int(0, "[0, 4294967295]", "Draws weights and biases."),
};

/** The chain's forward and backward pass, factor by factor. */
export class Chain implements ChainState {
  readonly activation: Activation;
  readonly weights: readonly number[];
  readonly slopes: readonly number[];
  readonly passed: readonly number[];
  readonly most: number;
  /** Gradient of the output in the first bias: the product of the factors, and as the engine's own backward pass has it in f32. */
  readonly product: number;
  readonly gradient: number;

  constructor(about: ChainState & Pick<Chain, "activation">) {
    this.activation = about.activation;
    this.weights = about.weights;
    this.slopes = about.slopes;
    this.passed = about.passed;
    this.most = about.most;
    this.product = about.product;
    this.gradient = about.gradient;
  }

  toString(): string {
    return `${chainPlot.title(this)}\n${chainPlot.text(this)}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  [Symbol.for("dlnb.display")](): OutputItem[] {
    const chart = chainPlot.chart(maybeContext()?.freshId("chart") ?? "chart", this, false);
    return [
      { mime: CHART_MIME, data: chart },
      { mime: "text/plain", data: this.toString() },
    ];
  }
}

/**
 * The chain rule on a chain of single neurons, z_j = w_j a_(j-1) + b_j, a_j = f(z_j):
 *
 *   d a_n / d b_1 = f'(z_1) w_2 f'(z_2) ... w_n f'(z_n)
 *
 * The factors are computed by hand in f64, and their product stands beside the gradient of the engine's backward pass on the
 * chosen backend.
 */
export async function chain(given: Options<typeof chainParams> = {}): Promise<Chain> {
  const { depth, activation, scale, bias, input: first, seed } = check(chainParams, given, "chain");
  const weights = Array.from(normal(seed, 0, depth), (z) => Math.fround(z * scale));
  const biases = Array.from(normal(seed, 1, depth), (z) => Math.fround(z * bias));
  const { f, slope, most } = curves[activation];
  const slopes: number[] = [];
  let a = first;
  for (let j = 0; j < depth; j++) {
    const z = (weights[j] as number) * a + (biases[j] as number);
    slopes.push(slope(z));
    a = f(z);
  }
  // d a_n / d z_j, from the output back
  const passed = new Array<number>(depth);
  let product = 1;
  for (let j = depth - 1; j >= 0; j--) {
    product *= slopes[j] as number;
    passed[j] = product;
    if (j > 0) product *= weights[j] as number;
  }
  const gradient = await backward(activation, weights, biases, first);
  return new Chain({ activation, weights, slopes, passed, most, product, gradient });
}

/** d a_n / d b_1 by the engine, in f32. */
async function backward(activation: Activation, weights: readonly number[], biases: readonly number[], first: number) {
  const depth = weights.length;
  const layer = nn[activation]();
  const w = input("w", [depth]);
  const b = input("b", [depth]);
  const zero = constant(0, [], "u32");
  const apply = (z: Tensor) =>
    traceModel(layer, z, { parameters: {}, buffers: {}, training: false, seed: zero, step: zero }).output;
  let a = constant(first, [1]);
  for (let j = 0; j < depth; j++) a = apply(add(mul(w.slice(0, j, j + 1), a), b.slice(0, j, j + 1)));
  const backend = await currentContext().backend();
  const [found] = await runGraph(backend, gradients(a.reshape([]), [b]), { w: weights, b: biases });
  return found?.[0] as number;
}
