import { matmul, moveAxis, type Tensor } from "../ops/index.ts";

/** x with one axis multiplied by a matrix [length before, length after]: every new element is a weighted sum of the old. */
export function mixAxis(x: Tensor, axis: number, matrix: Tensor): Tensor {
  return moveAxis(matmul(moveAxis(x, axis, x.rank - 1), matrix), x.rank - 1, axis);
}
