import { ShapeError } from "../errors/index.ts";
import { type Shape, show } from "../tensor/index.ts";
import { pad, permute, reshape } from "./movement.ts";
import { apply, type Tensor } from "./tensor.ts";
import { slidingWindows } from "./windows.ts";

/** How a kernel moves over [H, W]; the lists have one entry per spatial axis. */
export interface Convolution extends Readonly<Record<string, unknown>> {
  readonly stride: readonly number[];
  /** [before, after] of each spatial axis; negative numbers crop. */
  readonly padding: readonly (readonly number[])[];
  readonly dilation: readonly number[];
  /** Distance between neighbours of x, above 1 in gradients and transposed convolutions. */
  readonly inputDilation: readonly number[];
  readonly groups: number;
}

type Pair = number | readonly [number, number];

interface Options {
  stride?: Pair;
  padding?: Pair | readonly (readonly [number, number])[];
  dilation?: Pair;
  groups?: number;
}

/**
 * 2-D cross-correlation, as PyTorch's conv2d, zero padded.
 *
 *   x [N, C, H, W], weight [O, C / groups, kh, kw]  ->  [N, O, H', W']
 *   H' = floor((H + lo + hi - dilation * (kh - 1) - 1) / stride) + 1, and W' alike
 *
 * Throws ShapeError when C is not weight's channels times groups, or the kernel is larger than the padded image.
 */
export function conv2d(x: Tensor, weight: Tensor, options: Options = {}): Tensor {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  return apply("conv2d", [x, weight], {
    stride: pair(stride),
    padding: (typeof padding === "number" ? [padding, padding] : padding).map((p) =>
      typeof p === "number" ? [p, p] : p,
    ),
    dilation: pair(dilation),
    inputDilation: [1, 1],
    groups,
  });
}

/** Shape of the result. Throws ShapeError. */
export function convolvedShape(x: Shape, weight: Shape, attrs: Convolution): Shape {
  const { groups } = attrs;
  const name = `conv2d: ${show(x)} with weight ${show(weight)}`;
  if (x.length !== 4) throw new ShapeError(`conv2d: takes [N, C, H, W], not ${show(x)}`);
  if (weight.length !== 4) throw new ShapeError(`conv2d: the weight is [O, C / groups, kh, kw], not ${show(weight)}`);
  const [n = 0, c = 0] = x;
  const [o = 0, perGroup = 0] = weight;
  if (c !== perGroup * groups) {
    throw new ShapeError(`${name}: ${c} channels are not ${perGroup} times ${groups} group${groups === 1 ? "" : "s"}`);
  }
  if (o % groups !== 0) throw new ShapeError(`${name}: ${o} output channels do not divide into ${groups} groups`);
  const spatial = [0, 1].map((a) => {
    const [lo = 0, hi = 0] = attrs.padding[a] ?? [];
    const length = ((x[2 + a] as number) - 1) * (attrs.inputDilation[a] as number) + 1 + lo + hi;
    const reach = (attrs.dilation[a] as number) * ((weight[2 + a] as number) - 1) + 1;
    if (reach > length) throw new ShapeError(`${name}: the kernel spans ${reach}, the padded image only ${length}`);
    return Math.floor((length - reach) / (attrs.stride[a] as number)) + 1;
  });
  return [n, o, ...spatial];
}

/** Patches under the kernel: [N, G, C / G, H', W', kh, kw]. A view of the padded image, nothing is copied but that. */
export function patchesOf(x: Tensor, kernel: readonly number[], attrs: Convolution): Tensor {
  const { groups, stride, dilation } = attrs;
  const padded = pad(x, {
    lo: [0, 0, ...attrs.padding.map(([lo = 0]) => lo)],
    hi: [0, 0, ...attrs.padding.map(([, hi = 0]) => hi)],
    interior: [0, 0, ...attrs.inputDilation.map((d) => d - 1)],
  });
  const [n = 0, c = 0, h = 0, w = 0] = padded.shape;
  const grouped = reshape(padded, [n, groups, c / groups, h, w]);
  return slidingWindows(grouped, { axes: [3, 4], size: kernel, stride, dilation });
}

/** The convolution as one contraction: weight [G | O / G | C / G, kh, kw] . patches [G | C / G, kh, kw | N, H', W']. */
export function convolveByContraction(x: Tensor, weight: Tensor, attrs: Convolution): Tensor {
  const { groups } = attrs;
  const [o = 0, c = 0, kh = 0, kw = 0] = weight.shape;
  const patches = permute(patchesOf(x, [kh, kw], attrs), [1, 2, 5, 6, 0, 3, 4]);
  const kernels = reshape(weight, [groups, o / groups, c, kh, kw]);
  const y = apply("contract", [kernels, patches], { batch: 1, m: 1, k: 3 }); // [G, O / G, N, H', W']
  const [, , n = 0, h = 0, w = 0] = y.shape;
  return reshape(permute(y, [2, 0, 1, 3, 4]), [n, o, h, w]);
}

const pair = (p: Pair): readonly [number, number] => (typeof p === "number" ? [p, p] : p);
