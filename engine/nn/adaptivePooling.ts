import {
  add,
  and,
  cast,
  div,
  iota,
  less,
  lessEqual,
  max,
  mean,
  mul,
  reshape,
  select,
  sub,
  type Tensor,
} from "../ops/index.ts";
import { perAxisOrNull } from "../params/index.ts";
import { mixAxis } from "./resampling.ts";
import { requireImages } from "./shapes.ts";

/** The option that adaptive poolings over one, two or three axes share. */
export const adaptiveParams = <const N extends 1 | 2 | 3>(axes: N) => ({
  outputSize: perAxisOrNull(
    axes,
    "[1, inf)",
    "Size of the output along each axis; 1 pools over all of it, null keeps the input's.",
  ),
});

type Sizes = readonly (number | null)[];

/** The mean of each bin. Bin i of n elements in `out` bins spans floor(i n / out) to ceil((i + 1) n / out): they may overlap. */
export const adaptiveAverage = (x: Tensor, sizes: Sizes): Tensor =>
  overAxes(
    x,
    sizes,
    (y, axes) => mean(y, axes),
    (y, axis, out) => {
      const { inside, length } = bins(y.shape[axis] as number, out);
      return mixAxis(y, axis, select(inside, div(1, length), 0));
    },
  );

/** The largest element of each bin; the gradient goes to the first one, in row-major order. */
export const adaptiveMaximum = (x: Tensor, sizes: Sizes): Tensor =>
  overAxes(
    x,
    sizes,
    (y, axes) => max(y, axes),
    (y, axis, out) => {
      const n = y.shape[axis] as number;
      const rest = y.shape.slice(axis + 1).map(() => 1);
      const split = reshape(y, [...y.shape.slice(0, axis), n, 1, ...y.shape.slice(axis + 1)]);
      return max(select(reshape(bins(n, out).inside, [n, out, ...rest]), split, -Infinity), axis);
    },
  );

/** All axes at once where the bins are equal pieces; otherwise one after the other, the last one first. */
function overAxes(
  x: Tensor,
  sizes: Sizes,
  pieces: (y: Tensor, axes: readonly number[]) => Tensor,
  uneven: (y: Tensor, axis: number, out: number) => Tensor,
): Tensor {
  requireImages(x, sizes.length);
  const outs = sizes.map((size, a) => size ?? (x.shape[2 + a] as number));
  if (outs.every((out, a) => (x.shape[2 + a] as number) % out === 0)) {
    const cut = outs.flatMap((out, a) => [out, (x.shape[2 + a] as number) / out]);
    return pieces(
      reshape(x, [...x.shape.slice(0, 2), ...cut]),
      outs.map((_, a) => 3 + 2 * a),
    );
  }
  return outs.reduceRight((y, out, a) => (y.shape[2 + a] === out ? y : uneven(y, 2 + a, out)), x);
}

/** [n, out]: whether an element lies in a bin, and how many elements the bin has, f32. */
function bins(n: number, out: number): { inside: Tensor; length: Tensor } {
  const shape = [n, out];
  const [element, bin] = [iota(shape, 0), iota(shape, 1)];
  const start = div(mul(bin, n), out);
  const end = div(add(mul(add(bin, 1), n), out - 1), out);
  const inside = and(lessEqual(start, element), less(element, end));
  return { inside, length: cast(sub(end, start), "f32") };
}
