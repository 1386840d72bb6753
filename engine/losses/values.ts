import { ShapeError } from "../errors/index.ts";
import { cast, concat, equal, greater, iota, less, reshape, select, slice, type Tensor } from "../ops/index.ts";
import { sameShape, show } from "../tensor/index.ts";

/**
 * Numbers to compare output with: target as f32 in output's shape; [N] fits [N, 1]. Nothing else is broadcast: a
 * regression of [N, 1] on [N] would silently compare everything with everything.
 * Throws ShapeError, `where` first.
 */
export function valueTarget(where: string, output: Tensor, target: Tensor): Tensor {
  const column = output.rank === target.rank + 1 && output.shape.at(-1) === 1;
  const fits = sameShape(output.shape, target.shape) || (column && sameShape(output.shape.slice(0, -1), target.shape));
  if (fits) return reshape(cast(target, "f32"), output.shape);
  throw new ShapeError(`${where}: output ${show(output.shape)} against targets ${show(target.shape)}`);
}

/**
 * Yes (1) or no (0), or a share between, for each element of output, f32: as `valueTarget`; class numbers [N] for scores [N, K] of K
 * classes are those classes and no other.
 */
export function labelTarget(where: string, output: Tensor, target: Tensor): Tensor {
  const classes = output.shape.at(-1) ?? 1;
  const numbers = target.dtype !== "f32" && target.dtype !== "bool" && classes > 1;
  if (!numbers || !sameShape(output.shape.slice(0, -1), target.shape)) return valueTarget(where, output, target);
  const row = reshape(cast(target, "i32"), [...target.shape, 1]);
  return cast(equal(iota(output.shape, output.rank - 1), row), "f32");
}

/** 1 or -1 for each element of output, f32: as targets say, or of class numbers 1 for class 1 and -1 for class 0. */
export function signTarget(where: string, output: Tensor, target: Tensor): Tensor {
  const value = valueTarget(where, output, target);
  return target.dtype === "f32" ? value : select(greater(value, 0), 1, -1);
}

/** max(0, x), whose derivative at 0 is 1 as that of PyTorch's clamp_min: what is just on the line is pushed off it. */
export const atLeastZero = (x: Tensor): Tensor => select(less(x, 0), 0, x);

/**
 * The parts of an output that holds several things of each example side by side: [N, count, ...] as count tensors [N, ...].
 * Throws ShapeError, `what` they are.
 */
export function partsOf(where: string, output: Tensor, what: readonly string[]): Tensor[] {
  if (output.rank < 2 || output.shape[1] !== what.length) {
    throw new ShapeError(
      `${where}: takes [N, ${what.length}, ...], the ${what.join(", ")} of each example along axis 1, not ${show(output.shape)}`,
    );
  }
  const part = output.shape.toSpliced(1, 1);
  return what.map((_, i) => reshape(slice(output, 1, i, i + 1), part));
}

/** Tensors [N, ...] as the one output [N, count, ...] that `partsOf` takes apart. */
export const together = (parts: readonly Tensor[]): Tensor =>
  concat(
    parts.map((part) => reshape(part, [part.shape[0] as number, 1, ...part.shape.slice(1)])),
    1,
  );
