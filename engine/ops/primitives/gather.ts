import { ShapeError } from "../../errors/index.ts";
import { sizeOf } from "../../tensor/index.ts";
import { add, cast, equal, iota, maximum, minimum, mul } from "../arithmetic.ts";
import { broadcastTo, moveAxis, reshape } from "../movement.ts";
import type { OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";

/**
 *   table [V, ...rest], indices [...r] i32  ->  [...r, ...rest]
 * Indices are clamped to [0, V - 1]. The gradient is a product with the one-hot rows: exact, in a fixed order.
 */
export const gather: OpRecord = {
  summary: "Rows of a table by number.",
  infer: (inputs) => {
    const [table, indices] = inputs as [Tensor, Tensor];
    if (indices.dtype !== "i32") throw new ShapeError(`gather: indices are ${indices.dtype}, not i32`);
    if (!table.shape[0]) throw new ShapeError("gather: the table has no rows");
    return { shape: [...indices.shape, ...table.shape.slice(1)], dtype: table.dtype };
  },
  grad: ({ inputs, g }) => {
    const [table, indices] = inputs as [Tensor, Tensor];
    const rows = table.shape[0] as number;
    const { size } = indices;
    const row = minimum(maximum(reshape(indices, [size]), 0), rows - 1);
    const picked = cast(equal(iota([rows, size], 0), broadcastTo(row, [rows, size])), "f32");
    const flatG = reshape(g, [size, ...table.shape.slice(1)]);
    return [apply("contract", [picked, flatG], { batch: 0, m: 1, k: 1 }), null];
  },
  batch: (inputs, mapped, _attrs, lanes) => {
    const [table, indices] = inputs as [Tensor, Tensor];
    if (!mapped[0]) return apply("gather", [table, indices]);
    if (!mapped[1]) return moveAxis(apply("gather", [moveAxis(table, 0, 1), indices]), indices.rank, 0);
    const rows = table.shape[1] as number;
    const clamped = minimum(maximum(indices, 0), rows - 1);
    const row = add(clamped, mul(iota(indices.shape, 0), rows)); // the lanes' tables one below the other
    return apply("gather", [reshape(table, [lanes * rows, ...table.shape.slice(2)]), row]);
  },
  reference: ([table, indices]) => {
    if (!table || !indices) return new Float64Array();
    const rows = table.shape[0] as number;
    const width = sizeOf(table.shape.slice(1));
    const out = new Float64Array(indices.data.length * width);
    indices.data.forEach((index, i) => {
      const row = Math.min(Math.max(index, 0), rows - 1);
      out.set(table.data.subarray(row * width, (row + 1) * width), i * width);
    });
    return out;
  },
  lower: {
    kind: "element",
    cost: "cheap",
    pointwise: false,
    emit: (e, at, { inputs }) => {
      const [table, indices] = inputs as [Tensor, Tensor];
      const given = e.read(indices, at.slice(0, indices.rank));
      const last = e.constant((table.shape[0] as number) - 1, "i32");
      const row = e.binary("min", e.binary("max", given, e.constant(0, "i32")), last);
      return e.read(table, [e.computed(row), ...at.slice(indices.rank)]);
    },
  },
};
