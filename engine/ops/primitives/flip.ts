import { laneAxes } from "../axes.ts";
import { reader, tabulate } from "../loops.ts";
import { flip as reversed } from "../movement.ts";
import type { OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";

export const flip: OpRecord<{ axes: readonly number[] }> = {
  summary: "Some axes backwards.",
  infer: ([x]) => ({ shape: (x as Tensor).shape, dtype: (x as Tensor).dtype }),
  grad: ({ attrs: { axes }, g }) => [reversed(g, axes)],
  batch: ([x], _mapped, { axes }) => apply("flip", [x as Tensor], { axes: laneAxes(axes) }),
  reference: ([x], { axes }, shape) => {
    if (!x) return new Float64Array();
    const read = reader(x);
    return tabulate(shape, (at) =>
      read(at.map((here, axis) => (axes.includes(axis) ? (shape[axis] as number) - 1 - here : here))),
    );
  },
  lower: {
    kind: "element",
    cost: "free",
    pointwise: false,
    emit: (e, at, node, { axes }) =>
      e.read(
        node.inputs[0] as Tensor,
        at.map((here, axis) => (axes.includes(axis) ? e.affine(here, -1, (node.shape[axis] as number) - 1) : here)),
      ),
  },
};
