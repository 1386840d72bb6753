import { ShapeError } from "../errors/index.ts";
import { type Shape, show } from "../tensor/index.ts";
import { upTo } from "./axes.ts";
import { flip, pad, permute, reshape } from "./movement.ts";
import { saying } from "./said.ts";
import { apply, type Tensor } from "./tensor.ts";
import { slidingWindows } from "./windows.ts";

/** How a kernel moves over the spatial axes, those behind [N, C]; the lists have one entry for each. */
export interface Convolution extends Readonly<Record<string, unknown>> {
  readonly stride: readonly number[];
  /** [before, after] of each spatial axis; negative numbers crop. */
  readonly padding: readonly (readonly number[])[];
  readonly dilation: readonly number[];
  /** Distance between neighbours of x, above 1 in gradients and transposed convolutions. */
  readonly inputDilation: readonly number[];
  readonly groups: number;
}

/** One number for all spatial axes, or one for each. */
type PerAxis = number | readonly number[];

export interface ConvolutionOptions {
  stride?: PerAxis;
  /** Of both sides, or [before, after] of each axis. */
  padding?: PerAxis | readonly (readonly [number, number])[];
  dilation?: PerAxis;
  groups?: number;
}

export interface TransposedOptions {
  stride?: PerAxis;
  padding?: PerAxis;
  /** Added behind the result: which of the sizes that a convolution with this stride brings to x's is meant. */
  outputPadding?: PerAxis;
  dilation?: PerAxis;
  groups?: number;
}

/**
 * Cross-correlation over one, two or three spatial axes, as PyTorch's conv1d, conv2d and conv3d, zero padded.
 *
 *   x [N, C, ...], weight [O, C / groups, ...kernel]  ->  [N, O, ...]
 *   H' = floor((H + lo + hi - dilation * (kh - 1) - 1) / stride) + 1 for every spatial axis
 *
 * Throws ShapeError when C is not weight's channels times groups, or the kernel is larger than the padded image.
 */
export const convolution =
  (axes: number) =>
  (x: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor => {
    const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
    const each = upTo(axes);
    return apply("convolution", [x, weight], {
      stride: each.map((a) => at(stride, a)),
      padding: each.map((a) => {
        const p = typeof padding === "number" ? padding : (padding[a] ?? 0);
        return typeof p === "number" ? [p, p] : p;
      }),
      dilation: each.map((a) => at(dilation, a)),
      inputDilation: each.map(() => 1),
      groups,
    });
  };

export const conv1d = convolution(1);
export const conv2d = convolution(2);
export const conv3d = convolution(3);

/**
 * The gradient of a convolution with respect to its input, as an operation of its own: PyTorch's conv_transpose1d, 2d and 3d.
 *
 *   x [N, C, ...], weight [C, O / groups, ...kernel]  ->  [N, O, ...]
 *   H' = (H - 1) * stride - 2 * padding + dilation * (kh - 1) + outputPadding + 1 for every spatial axis
 *
 * Throws ShapeError when C is not the weight's first axis or does not divide into groups, or nothing is left.
 */
export const transposedConvolution =
  (axes: number) =>
  (x: Tensor, weight: Tensor, options: TransposedOptions = {}): Tensor => {
    const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = options;
    const each = upTo(axes);
    const name = `convTranspose${axes}d: ${show(x.shape)} with weight ${show(weight.shape)}`;
    if (x.rank !== axes + 2 || weight.rank !== axes + 2) {
      throw new ShapeError(`${name}: both have ${axes + 2} axes, [N, C, ...] and [C, O / groups, ...]`);
    }
    const [c = 0] = weight.shape;
    if (x.shape[1] !== c) throw new ShapeError(`${name}: ${x.shape[1]} channels are not the weight's ${c}`);
    if (c % groups !== 0) throw new ShapeError(`${name}: ${c} channels do not divide into ${groups} groups`);
    const around = each.map((a): [number, number] => {
      const reach = at(dilation, a) * ((weight.shape[2 + a] as number) - 1);
      const [lo, hi] = [reach - at(padding, a), reach - at(padding, a) + at(outputPadding, a)];
      const length = ((x.shape[2 + a] as number) - 1) * at(stride, a) + 1 + lo + hi - reach;
      if (length < 1) throw new ShapeError(`${name}: padding ${at(padding, a)} leaves nothing of axis ${2 + a}`);
      return [lo, hi];
    });
    const y = apply("convolution", [x, turned(weight, groups)], {
      stride: each.map(() => 1),
      padding: around,
      dilation: each.map((a) => at(dilation, a)),
      inputDilation: each.map((a) => at(stride, a)),
      groups,
    });
    return saying(`convTranspose${axes}d`, [x, weight, options], y);
  };

export const convTranspose1d = transposedConvolution(1);
export const convTranspose2d = transposedConvolution(2);
export const convTranspose3d = transposedConvolution(3);

/** A kernel turned round, its channels exchanged within groups: [G O, C, ...] -> [G C, O, ...]. */
export function turned(weight: Tensor, groups: number): Tensor {
  const [o = 0, c = 0, ...kernel] = weight.shape;
  const spatial = kernel.map((_, a) => 2 + a);
  const grouped = reshape(flip(weight, spatial), [groups, o / groups, c, ...kernel]);
  return reshape(permute(grouped, [0, 2, 1, ...spatial.map((a) => a + 1)]), [groups * c, o / groups, ...kernel]);
}

/** Shape of the result. Throws ShapeError. */
export function convolvedShape(x: Shape, weight: Shape, attrs: Convolution): Shape {
  const { groups, stride } = attrs;
  const op = `conv${stride.length}d`;
  const letters = ["L", "H, W", "D, H, W"][stride.length - 1] ?? "...";
  if (x.length !== 2 + stride.length) throw new ShapeError(`${op}: takes [N, C, ${letters}], not ${show(x)}`);
  if (weight.length !== x.length) {
    throw new ShapeError(`${op}: the weight is [O, C / groups, ...kernel] with ${x.length} axes, not ${show(weight)}`);
  }
  const name = `${op}: ${show(x)} with weight ${show(weight)}`;
  const [n = 0, c = 0] = x;
  const [o = 0, perGroup = 0] = weight;
  if (c !== perGroup * groups) {
    throw new ShapeError(`${name}: ${c} channels are not ${perGroup} times ${groups} group${groups === 1 ? "" : "s"}`);
  }
  if (o % groups !== 0) throw new ShapeError(`${name}: ${o} output channels do not divide into ${groups} groups`);
  const spatial = stride.map((by, a) => {
    const [lo = 0, hi = 0] = attrs.padding[a] ?? [];
    const length = ((x[2 + a] as number) - 1) * (attrs.inputDilation[a] as number) + 1 + lo + hi;
    const reach = (attrs.dilation[a] as number) * ((weight[2 + a] as number) - 1) + 1;
    if (reach > length) {
      throw new ShapeError(`${name}: the kernel spans ${reach}, the padded image only ${length}`, {
        fault: { kind: "shape", option: "kernelSize" },
      });
    }
    return Math.floor((length - reach) / by) + 1;
  });
  return [n, o, ...spatial];
}

/** Patches under the kernel: [N, G, C / G, ...positions, ...kernel]. A view of the padded image, nothing is copied but that. */
export function patchesOf(x: Tensor, kernel: readonly number[], attrs: Convolution): Tensor {
  const { groups, stride, dilation } = attrs;
  const padded = pad(x, {
    lo: [0, 0, ...attrs.padding.map(([lo = 0]) => lo)],
    hi: [0, 0, ...attrs.padding.map(([, hi = 0]) => hi)],
    interior: [0, 0, ...attrs.inputDilation.map((d) => d - 1)],
  });
  const [n = 0, c = 0, ...spatial] = padded.shape;
  const grouped = reshape(padded, [n, groups, c / groups, ...spatial]);
  return slidingWindows(grouped, { axes: spatial.map((_, a) => 3 + a), size: kernel, stride, dilation });
}

/** The convolution as one contraction: weight [G | O / G | C / G, ...kernel] . patches [G | C / G, ...kernel | N, ...positions]. */
export function convolveByContraction(x: Tensor, weight: Tensor, attrs: Convolution): Tensor {
  const { groups } = attrs;
  const [o = 0, c = 0, ...kernel] = weight.shape;
  const places = kernel.map((_, a) => 3 + a);
  const inside = places.map((axis) => axis + kernel.length);
  const patches = permute(patchesOf(x, kernel, attrs), [1, 2, ...inside, 0, ...places]);
  const kernels = reshape(weight, [groups, o / groups, c, ...kernel]);
  const y = apply("contract", [kernels, patches], { batch: 1, m: 1, k: 1 + kernel.length }); // [G, O / G, N, ...]
  const [, , n = 0, ...spatial] = y.shape;
  return reshape(permute(y, [2, 0, 1, ...places]), [n, o, ...spatial]);
}

const at = (given: PerAxis, axis: number): number => (typeof given === "number" ? given : (given[axis] as number));
