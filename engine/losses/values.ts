import { ShapeError } from "../errors/index.ts";
import { cast, reshape, type Tensor } from "../ops/index.ts";
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
