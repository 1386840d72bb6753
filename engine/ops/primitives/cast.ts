import { ShapeError } from "../../errors/index.ts";
import { DTYPES, type DType } from "../../tensor/index.ts";
import type { OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";

export const cast: OpRecord<{ dtype: DType }> = {
  summary: "Another dtype. f32 to an integer truncates and saturates; bool counts as 0 or 1; to bool is != 0.",
  infer: ([x], { dtype }) => {
    if (!DTYPES.includes(dtype)) {
      throw new ShapeError(`cast: no dtype ${JSON.stringify(dtype)}; there is ${DTYPES.join(", ")}`);
    }
    return { shape: (x as Tensor).shape, dtype };
  },
  batch: ([x], _mapped, attrs) => apply("cast", [x as Tensor], attrs),
  reference: ([x], { dtype }) => Float64Array.from(x?.data ?? [], (v) => convert(v, x?.dtype ?? "f32", dtype)),
  lower: {
    kind: "element",
    cost: "cheap",
    pointwise: true,
    emit: (e, at, { inputs: [x] }, { dtype }) => e.cast(e.read(x as Tensor, at), dtype),
  },
};

function convert(v: number, from: DType, to: DType): number {
  if (to === "bool") return v !== 0 ? 1 : 0;
  if (to === "f32") return v;
  if (from !== "f32") return to === "i32" ? v | 0 : v >>> 0;
  if (Number.isNaN(v)) return 0;
  const [lo, hi] = to === "i32" ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
  return Math.min(hi, Math.max(lo, Math.trunc(v)));
}
