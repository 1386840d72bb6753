import { gather, literal, matmul, moveAxis, type Tensor } from "../ops/index.ts";
import { HostTensor } from "../tensor/index.ts";

/** x with one axis multiplied by a matrix [length before, length after]: every new element is a weighted sum of the old. */
export function mixAxis(x: Tensor, axis: number, matrix: Tensor): Tensor {
  return moveAxis(matmul(moveAxis(x, axis, x.rank - 1), matrix), x.rank - 1, axis);
}

/** `mixAxis` with `weight(from, to)` as the matrix. */
export function weighAxis(x: Tensor, axis: number, out: number, weight: (from: number, to: number) => number): Tensor {
  const n = x.shape[axis] as number;
  const data = Float32Array.from({ length: n * out }, (_, i) => weight(Math.floor(i / out), i % out));
  return mixAxis(x, axis, literal(new HostTensor([n, out], "f32", data)));
}

/** x with one axis read at `indices`. */
export function pickAxis(x: Tensor, axis: number, indices: readonly number[]): Tensor {
  const at = literal(new HostTensor([indices.length], "i32", Int32Array.from(indices)));
  return moveAxis(gather(moveAxis(x, axis, 0), at), 0, axis);
}
