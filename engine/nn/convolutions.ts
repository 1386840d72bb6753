import { ConfigError, ShapeError } from "../errors/index.ts";
import { fans } from "../init/index.ts";
import { add, convolution, extend, reshape, type Tensor, transposedConvolution } from "../ops/index.ts";
import { type Checked, choice, either, int, perAxis, required } from "../params/index.ts";
import { biasInit, weightAndBias } from "./initial.ts";
import type { Scope } from "./scope.ts";
import { requireImages } from "./shapes.ts";

type Axes = 1 | 2 | 3;

/** Options that convolutions over one, two or three axes share; `words` are those that may stand for the padding. */
export const convolutionParams = <const N extends Axes, const W extends readonly string[]>(axes: N, words: W) => ({
  outChannels: int(required, "[1, inf)", "Number of kernels, and so of output channels."),
  kernelSize: perAxis(axes, required, "[1, inf)", "Size of a kernel along each axis."),
  stride: perAxis(axes, 1, "[1, inf)", "Steps of the kernel over the input."),
  padding: either(
    perAxis(
      axes,
      0,
      "[0, inf)",
      `Elements added on both sides; "same" keeps the size (stride 1 only), "valid" is 0${words.includes("causal") ? ', "causal" adds them in front alone: no output sees later inputs' : ""}.`,
    ),
    choice("valid" as W[number], words, ""),
  ),
  dilation: perAxis(axes, 1, "[1, inf)", "Distance between neighbouring elements of a kernel."),
  groups: int(1, "[1, inf)", "Channels are cut into so many groups, each with its own kernels."),
  paddingMode: choice(
    "zeros",
    ["zeros", "reflect", "replicate", "circular"],
    "What the padding holds: zeros, the input mirrored at its border, its border again, or its other side.",
  ),
  ...weightAndBias,
});

type Convolving = Checked<ReturnType<typeof convolutionParams<Axes, readonly string[]>>>;

/** Throws ConfigError for options that do not go together. */
export function checkConvolution(name: string, { outChannels, stride, padding, groups }: Convolving): void {
  if (padding === "same" && stride.some((s) => s !== 1)) {
    throw new ConfigError(`${name}: padding "same" takes stride 1, not [${stride.join(", ")}]`);
  }
  checkGroups(name, outChannels, groups);
}

/** x [N, C, ...], weight [O, C / groups, ...kernel], bias [O]  ->  [N, O, ...] */
export function convolve(scope: Scope, x: Tensor, options: Convolving): Tensor {
  const { outChannels, kernelSize, stride, padding, dilation, groups, paddingMode, weight, bias } = options;
  const axes = kernelSize.length;
  const channels = channelsOf(x, axes, groups);
  const shape = [outChannels, channels / groups, ...kernelSize];
  const around = kernelSize.map((k, a): readonly [number, number] => {
    if (typeof padding !== "string") return [padding[a] as number, padding[a] as number];
    const all = padding === "valid" ? 0 : (dilation[a] as number) * (k - 1);
    return padding === "causal" ? [all, 0] : [Math.floor(all / 2), Math.ceil(all / 2)]; // an odd one goes behind, as in PyTorch
  });
  const given = scope.parameter("weight", shape, weight);
  const move = { stride, dilation, groups };
  const y =
    paddingMode === "zeros"
      ? convolution(axes)(x, given, { ...move, padding: around })
      : convolution(axes)(
          extend(x, paddingMode, {
            lo: [0, 0, ...around.map(([lo]) => lo)],
            hi: [0, 0, ...around.map(([, hi]) => hi)],
          }),
          given,
          move,
        );
  return withBias(scope, y, bias, shape);
}

/** Options that transposed convolutions over one, two or three axes share. */
export const transposedParams = <const N extends Axes>(axes: N) => ({
  outChannels: int(required, "[1, inf)", "Output channels."),
  kernelSize: perAxis(axes, required, "[1, inf)", "Size of a kernel along each axis."),
  stride: perAxis(axes, 1, "[1, inf)", "Distance in the output of neighbours in the input."),
  padding: perAxis(axes, 0, "[0, inf)", "Elements taken off both sides of the output."),
  outputPadding: perAxis(axes, 0, "[0, inf)", "Elements added behind the output; less than stride or dilation."),
  dilation: perAxis(axes, 1, "[1, inf)", "Distance between neighbouring elements of a kernel."),
  groups: int(1, "[1, inf)", "Channels are cut into so many groups, each with its own kernels."),
  ...weightAndBias,
});

type Transposing = Checked<ReturnType<typeof transposedParams<Axes>>>;

/** Throws ConfigError for options that do not go together. */
export function checkTransposed(name: string, options: Transposing): void {
  const { outChannels, stride, outputPadding, dilation, groups } = options;
  outputPadding.forEach((p, a) => {
    const most = Math.max(stride[a] as number, dilation[a] as number);
    if (p < most) return;
    throw new ConfigError(`${name}: outputPadding = ${p} is not below stride ${stride[a]} or dilation ${dilation[a]}`);
  });
  checkGroups(name, outChannels, groups);
}

/** x [N, C, ...], weight [C, O / groups, ...kernel], bias [O]  ->  [N, O, ...] */
export function convolveTransposed(scope: Scope, x: Tensor, options: Transposing): Tensor {
  const { outChannels, kernelSize, stride, padding, outputPadding, dilation, groups, weight, bias } = options;
  const axes = kernelSize.length;
  const shape = [channelsOf(x, axes, groups), outChannels / groups, ...kernelSize];
  const move = { stride, padding, outputPadding, dilation, groups };
  const y = transposedConvolution(axes)(x, scope.parameter("weight", shape, weight), move);
  return withBias(scope, y, bias, shape);
}

function channelsOf(x: Tensor, axes: number, groups: number): number {
  requireImages(x, axes);
  const channels = x.shape[1] as number;
  if (channels % groups === 0) return channels;
  throw new ShapeError(`${channels} channels do not divide into ${groups} groups`, {
    fault: { kind: "shape", option: "groups" },
  });
}

function checkGroups(name: string, outChannels: number, groups: number): void {
  if (outChannels % groups === 0) return;
  throw new ConfigError(`${name}: outChannels = ${outChannels} does not divide into ${groups} groups`, {
    fault: { kind: "conflict", where: name, option: "groups" },
  });
}

/** y with a bias for each channel, which has its weight's fans. */
function withBias(scope: Scope, y: Tensor, bias: Convolving["bias"], weight: readonly number[]): Tensor {
  const initial = biasInit(bias);
  if (!initial) return y;
  const channels = y.shape[1] as number;
  const ones = y.shape.slice(2).map(() => 1);
  return add(y, reshape(scope.parameter("bias", [channels], initial, fans(weight)), [channels, ...ones]));
}
