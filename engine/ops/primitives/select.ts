import { ShapeError } from "../../errors/index.ts";
import { sameShape, show } from "../../tensor/index.ts";
import { select as choose } from "../arithmetic.ts";
import { allMapped, sameKind } from "../elementwise.ts";
import type { OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";

export const select: OpRecord = {
  summary: "a where the condition holds, else b.",
  infer: (inputs) => {
    const [cond, a, b] = inputs as [Tensor, Tensor, Tensor];
    if (cond.dtype !== "bool") throw new ShapeError(`select: the condition is ${cond.dtype}, not bool`);
    sameKind("select", a, b);
    if (!sameShape(cond.shape, a.shape)) {
      throw new ShapeError(`select: condition ${show(cond.shape)} against ${show(a.shape)}`);
    }
    return { shape: a.shape, dtype: a.dtype };
  },
  grad: ({ inputs: [cond], g }) => [null, choose(cond as Tensor, g, 0), choose(cond as Tensor, 0, g)],
  batch: (inputs, mapped, _attrs, lanes) => apply("select", allMapped(inputs, mapped, lanes)),
  reference: ([cond, a, b]) =>
    Float64Array.from(cond?.data ?? [], (c, i) => (c ? (a?.data[i] as number) : (b?.data[i] as number))),
  lower: {
    kind: "element",
    cost: "cheap",
    pointwise: true,
    emit: (e, at, { inputs: [cond, a, b] }) =>
      e.select(e.read(cond as Tensor, at), e.read(a as Tensor, at), e.read(b as Tensor, at)),
  },
};
