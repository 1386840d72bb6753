import { ShapeError } from "../errors/index.ts";
import { axisOf, type Shape, show } from "../tensor/index.ts";
import { add, iota, lessEqual, select } from "./arithmetic.ts";
import { type Axes, axesOf } from "./axes.ts";
import { broadcastTo, concat, permute, reshape, slice } from "./movement.ts";
import { named } from "./said.ts";
import type { Tensor } from "./tensor.ts";

/** Functions that cut, join and repeat tensors. */

/**
 * Pieces along `axis`: of the given sizes, or all of one size with a smaller last one, as PyTorch's split.
 * Throws ShapeError when the sizes do not add up to the axis.
 */
export function split(x: Tensor, sizes: number | readonly number[], axis = 0): Tensor[] {
  const along = axisOf("split", axis, x.rank);
  const n = x.shape[along] as number;
  const list = typeof sizes === "number" ? pieces(n, sizes) : sizes;
  const total = list.reduce((a, b) => a + b, 0);
  if (total !== n)
    throw new ShapeError(`split: [${list.join(", ")}] add up to ${total}, not to the ${n} of axis ${axis}`);
  let start = 0;
  return list.map((size) => {
    start += size;
    return slice(x, along, start - size, start);
  });
}

/** At most `chunks` pieces along `axis`, equal but for a smaller last one, as PyTorch's chunk. */
export const chunk = (x: Tensor, chunks: number, axis = 0): Tensor[] =>
  split(x, Math.ceil((x.shape[axisOf("chunk", axis, x.rank)] as number) / chunks), axis);

/** Tensors of one shape along a new axis. */
export const stack = (parts: readonly Tensor[], axis = 0): Tensor =>
  concat(
    parts.map((x) => unsqueeze(x, axis)),
    axis,
  );

/** Without the axes of length 1: those named, or all. Throws ShapeError when a named one is longer. */
export function squeeze(x: Tensor, axes?: Axes): Tensor {
  const named = axesOf("squeeze", axes, x.rank);
  const long = axes === undefined ? undefined : named.find((axis) => x.shape[axis] !== 1);
  if (long !== undefined) throw new ShapeError(`squeeze: axis ${long} of ${show(x.shape)} is longer than 1`);
  return reshape(
    x,
    x.shape.filter((n, axis) => n !== 1 || !named.includes(axis)),
  );
}

/** With new axes of length 1 at these positions of the result. */
export function unsqueeze(x: Tensor, axes: number | readonly number[]): Tensor {
  const count = typeof axes === "number" ? 1 : axes.length;
  const at = axesOf("unsqueeze", axes, x.rank + count);
  return reshape(
    x,
    at.reduce<number[]>((shape, axis) => shape.toSpliced(axis, 0, 1), [...x.shape]),
  );
}

/** The whole tensor repeated along each axis, as PyTorch's and NumPy's tile; short lists count for the last axes. */
export const tile = named("tile", function tile(x: Tensor, repeats: readonly number[]): Tensor {
  const rank = Math.max(x.rank, repeats.length);
  const shape = [...Array.from({ length: rank - x.rank }, () => 1), ...x.shape];
  const times = [...Array.from({ length: rank - repeats.length }, () => 1), ...repeats];
  const apart = shape.flatMap((n) => [1, n]);
  const repeated = shape.flatMap((n, i) => [times[i] as number, n]);
  return reshape(
    broadcastTo(reshape(x, apart), repeated),
    shape.map((n, i) => n * (times[i] as number)),
  );
});

/** Elements moved `shift` places along `axis`; those that leave at one end come in at the other. */
export const roll = named("roll", function roll(x: Tensor, shift: number, axis: number): Tensor {
  const n = x.shape[axisOf("roll", axis, x.rank)] as number;
  const by = n === 0 ? 0 : ((shift % n) + n) % n;
  return by === 0 ? x : concat([slice(x, axis, n - by), slice(x, axis, 0, n - by)], axis);
});

/** 0 above the diagonal of the last two axes; `diagonal` above 0 keeps so many more. */
export const tril = named("tril", (x: Tensor, diagonal = 0): Tensor => select(below(x.shape, diagonal), x, 0));

/** 0 below the diagonal of the last two axes; `diagonal` above 0 takes so many more away. */
export const triu = named("triu", (x: Tensor, diagonal = 0): Tensor => select(below(x.shape, diagonal - 1), 0, x));

/** [N, C r^2, H, W] -> [N, C, H r, W r]: channels become pixels, as PyTorch's pixel_shuffle. Throws ShapeError when r^2 does not divide. */
export const pixelShuffle = named("pixelShuffle", function pixelShuffle(x: Tensor, upscaleFactor: number): Tensor {
  const r = upscaleFactor;
  const [n, c, h, w] = imageShape("pixelShuffle", x);
  if (c % (r * r) !== 0) throw new ShapeError(`pixelShuffle: ${c} channels do not divide by ${r} * ${r}`);
  const y = permute(reshape(x, [n, c / (r * r), r, r, h, w]), [0, 1, 4, 2, 5, 3]);
  return reshape(y, [n, c / (r * r), h * r, w * r]);
});

/** [N, C, H r, W r] -> [N, C r^2, H, W]: undoes `pixelShuffle`. */
export const pixelUnshuffle = named(
  "pixelUnshuffle",
  function pixelUnshuffle(x: Tensor, downscaleFactor: number): Tensor {
    const r = downscaleFactor;
    const [n, c, h, w] = imageShape("pixelUnshuffle", x);
    if (h % r !== 0 || w % r !== 0) throw new ShapeError(`pixelUnshuffle: ${h} x ${w} pixels do not divide by ${r}`);
    const y = permute(reshape(x, [n, c, h / r, r, w / r, r]), [0, 1, 3, 5, 2, 4]);
    return reshape(y, [n, c * r * r, h / r, w / r]);
  },
);

/** Where column - row <= diagonal. */
function below(shape: Shape, diagonal: number): Tensor {
  if (shape.length < 2) throw new ShapeError(`tril, triu: take matrices, not ${show(shape)}`);
  return lessEqual(iota(shape, shape.length - 1), add(iota(shape, shape.length - 2), diagonal));
}

function imageShape(op: string, x: Tensor): readonly [number, number, number, number] {
  if (x.rank !== 4) throw new ShapeError(`${op}: takes images [N, C, H, W], not ${show(x.shape)}`);
  return x.shape as unknown as readonly [number, number, number, number];
}

function pieces(n: number, size: number): number[] {
  if (!Number.isInteger(size) || size < 1) throw new ShapeError(`split: size = ${size} is not a whole number above 0`);
  return Array.from({ length: Math.ceil(n / size) }, (_, i) => Math.min(size, n - i * size));
}
