import { ShapeError } from "../../errors/index.ts";
import { show } from "../../tensor/index.ts";
import { upTo } from "../axes.ts";
import { reader, tabulate } from "../loops.ts";
import { inverseOf, permute as reorder } from "../movement.ts";
import type { Index, OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";

export const permute: OpRecord<{ order: readonly number[] }> = {
  summary: "Axes in another order: axis i of the result is axis order[i] of x.",
  infer: (inputs, { order }) => {
    const x = inputs[0] as Tensor;
    if (order.length !== x.rank || upTo(x.rank).some((axis) => !order.includes(axis))) {
      throw new ShapeError(`permute: [${order.join(", ")}] does not name each axis of ${show(x.shape)} once`);
    }
    return { shape: order.map((axis) => x.shape[axis] as number), dtype: x.dtype };
  },
  grad: ({ attrs: { order }, g }) => [reorder(g, inverseOf(order))],
  batch: ([x], _mapped, { order }) => apply("permute", [x as Tensor], { order: [0, ...order.map((axis) => axis + 1)] }),
  reference: (inputs, { order }, shape) => {
    const [x] = inputs;
    if (!x) return new Float64Array();
    const read = reader(x);
    const back = inverseOf(order);
    return tabulate(shape, (at) => read(back.map((i) => at[i] as number)));
  },
  lower: {
    kind: "element",
    cost: "free",
    pointwise: false,
    emit: (e, at, { inputs: [x] }, { order }) =>
      e.read(
        x as Tensor,
        inverseOf(order).map((i) => at[i] as Index),
      ),
  },
};
