import { ShapeError } from "../errors/index.ts";
import { broadcastShapes, show } from "../tensor/index.ts";
import { broadcastTo, reshape } from "./movement.ts";
import { apply, type Tensor } from "./tensor.ts";

/**
 * Matrix product, as NumPy's matmul: [..., M, K] @ [..., K, N] -> [..., M, N], leading axes broadcast. A vector on the
 * left counts as one row, on the right as one column, and that axis goes away again.
 * Throws ShapeError when the inner sizes differ.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  if (a.rank === 0 || b.rank === 0)
    throw new ShapeError(`matmul: ${show(a.shape)} @ ${show(b.shape)}: a scalar; use mul`);
  if (a.rank === 1) {
    const y = matmul(reshape(a, [1, a.size]), b);
    return reshape(y, b.rank === 1 ? [] : [...y.shape.slice(0, -2), ...y.shape.slice(-1)]);
  }
  if (b.rank === 1) return reshape(matmul(a, reshape(b, [b.size, 1])), a.shape.slice(0, -1));
  const [rows, k] = a.shape.slice(-2) as [number, number];
  const [k2, columns] = b.shape.slice(-2) as [number, number];
  if (k !== k2) {
    const hint = k === columns ? "; the right side fits transposed" : "";
    throw new ShapeError(`matmul: ${show(a.shape)} @ ${show(b.shape)}: inner sizes differ (${k} against ${k2})${hint}`);
  }
  if (b.rank === 2) return apply("contract", [a, b], { batch: 0, m: a.rank - 1, k: 1 });
  const lead = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [left, right] = [broadcastTo(a, [...lead, rows, k]), broadcastTo(b, [...lead, k, columns])];
  return apply("contract", [left, right], { batch: lead.length, m: 1, k: 1 });
}

/** Rows `indices` (i32, any shape) of `table`: [V, ...rest] -> [...indices, ...rest]. Indices are clamped. */
export const gather = (table: Tensor, indices: Tensor): Tensor => apply("gather", [table, indices]);
