import { ShapeError } from "../../errors/index.ts";
import { type Shape, show } from "../../tensor/index.ts";
import { upTo } from "../axes.ts";
import { reader, tabulate } from "../loops.ts";
import { reshape } from "../movement.ts";
import type { Index, OpRecord } from "../node.ts";
import { sum } from "../reductions.ts";
import { apply, type Tensor } from "../tensor.ts";

export const broadcast: OpRecord<{ shape: Shape }> = {
  summary: "x repeated: shapes line up from the right, and axes of length 1 stretch.",
  infer: (inputs, { shape }) => {
    const x = inputs[0] as Tensor;
    const lead = shape.length - x.rank;
    if (lead < 0 || x.shape.some((d, i) => d !== 1 && d !== shape[lead + i])) {
      throw new ShapeError(`broadcast: ${show(x.shape)} does not stretch to ${show(shape)}`);
    }
    return { shape, dtype: x.dtype };
  },
  grad: ({ inputs, attrs: { shape }, g }) => {
    const x = inputs[0] as Tensor;
    const lead = shape.length - x.rank;
    const stretched = upTo(shape.length).filter((axis) => axis < lead || x.shape[axis - lead] !== shape[axis]);
    return [reshape(sum(g, stretched), x.shape)];
  },
  batch: (inputs, _mapped, { shape }, lanes) => {
    const x = inputs[0] as Tensor; // [lanes, ...]: the axes that x lacks come after the lane axis
    const missing = shape.length - (x.rank - 1);
    const aligned = reshape(x, [lanes, ...new Array<number>(missing).fill(1), ...x.shape.slice(1)]);
    return apply("broadcast", [aligned], { shape: [lanes, ...shape] });
  },
  reference: ([x], _attrs, shape) => {
    if (!x) return new Float64Array();
    const read = reader(x);
    const lead = shape.length - x.shape.length;
    return tabulate(shape, (at) => read(x.shape.map((d, i) => (d === 1 ? 0 : (at[lead + i] as number)))));
  },
  lower: {
    kind: "element",
    cost: "free",
    pointwise: false,
    emit: (e, at, { inputs }, { shape }) => {
      const x = inputs[0] as Tensor;
      const lead = shape.length - x.rank;
      const index = (d: number, i: number): Index => {
        const here = at[lead + i] as Index;
        return d === shape[lead + i] ? here : e.affine(here, 0, 0);
      };
      return e.read(x, x.shape.map(index));
    },
  },
};
