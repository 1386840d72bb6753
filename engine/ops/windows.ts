import { ShapeError } from "../errors/index.ts";
import { axisOf, type Shape } from "../tensor/index.ts";
import { upTo } from "./axes.ts";
import { broadcastTo, permute, reshape, slice } from "./movement.ts";
import { sum } from "./reductions.ts";
import { apply, type Tensor } from "./tensor.ts";

/** Windows sliding along some axes; the lists have one number per axis. */
export interface Windows extends Readonly<Record<string, unknown>> {
  readonly axes: readonly number[];
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

/**
 * All windows of x, as one more axis per listed axis: [N, C, H, W] -> [N, C, H', W', kh, kw] for axes [2, 3], with
 *   H' = floor((H - dilation * (kh - 1) - 1) / stride) + 1
 * Throws ShapeError when a window is longer than its axis.
 */
export function windows(x: Tensor, { axes, size, stride, dilation }: Windows): Tensor {
  const attrs = { axes: axes.map((axis) => axisOf("windows", axis, x.rank)), size, stride, dilation };
  const apart = attrs.axes.every(
    (axis, i) => size[i] === stride[i] && dilation[i] === 1 && (size[i] as number) <= (x.shape[axis] as number),
  );
  return apart ? tiles(x, attrs) : slidingWindows(x, attrs);
}

/** As `windows`, by overlapping views even where windows do not overlap: every index stays affine. */
export function slidingWindows(x: Tensor, attrs: Windows): Tensor {
  const repeated = reshape(x, [...x.shape, ...attrs.size.map(() => 1)]);
  return apply("slide", [broadcastTo(repeated, [...x.shape, ...attrs.size])], attrs);
}

/**
 * The gradient of `windows`: windows laid back where they came from, summed where they overlap. x has the window axes last, the
 * result the axes that are slid along in the given lengths. Throws ShapeError when as many windows do not fit there.
 */
export function overlapped(x: Tensor, { axes, size, stride, dilation }: Windows, lengths: readonly number[]): Tensor {
  const attrs = { axes, size, stride, dilation };
  axes.forEach((axis, i) => {
    const [fit, given] = [positions(lengths[i] as number, attrs, i), x.shape[axis]];
    if (fit !== given) {
      throw new ShapeError(`overlapped: ${fit} windows of ${size[i]} fit into ${lengths[i]} elements, not ${given}`);
    }
  });
  return sum(
    apply("unslide", [x], { ...attrs, lengths }),
    axes.map((_, i) => x.rank - 1 - i),
  );
}

/** Windows that do not overlap are the axis cut into pieces: gradients are pure movement. */
function tiles(x: Tensor, attrs: Windows): Tensor {
  let y = x;
  const shape: number[] = [];
  const order: number[] = [];
  const last: number[] = [];
  for (const axis of upTo(x.rank)) {
    const i = attrs.axes.indexOf(axis);
    order.push(shape.length);
    if (i < 0) {
      shape.push(x.shape[axis] as number);
      continue;
    }
    const count = positions(x.shape[axis] as number, attrs, i);
    const size = attrs.size[i] as number;
    y = slice(y, axis, 0, count * size);
    shape.push(count, size);
    last[i] = shape.length - 1;
  }
  return permute(reshape(y, shape), [...order, ...last]);
}

/** Number of windows along listed axis i of the given length; below 1 when none fits. */
export function positions(length: number, { size, stride, dilation }: Windows, i: number): number {
  return Math.floor((length - (dilation[i] as number) * ((size[i] as number) - 1) - 1) / (stride[i] as number)) + 1;
}

/** Where the window axis of listed axis i is in a shape with window axes. */
export const windowAxis = (shape: Shape, { axes }: Windows, i: number): number => shape.length - axes.length + i;

/** The same windows behind a new leading lane axis. */
export const laneWindows = ({ axes, size, stride, dilation }: Windows): Windows => ({
  axes: axes.map((axis) => axis + 1),
  size,
  stride,
  dilation,
});
