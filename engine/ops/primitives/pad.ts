import type { Ref } from "../../backends/launch.ts";
import { ShapeError } from "../../errors/index.ts";
import { show } from "../../tensor/index.ts";
import { reader, tabulate } from "../loops.ts";
import { pad as padded, slice } from "../movement.ts";
import type { Index, OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";

interface Attrs extends Readonly<Record<string, unknown>> {
  /** Elements added before and after each axis; negative ones crop. */
  readonly lo: readonly number[];
  readonly hi: readonly number[];
  /** Elements put between neighbours, before lo and hi count. */
  readonly interior: readonly number[];
  readonly value: number;
}

export const pad: OpRecord<Attrs> = {
  summary: "x with `value` before, after and between its elements; negative widths crop.",
  infer: (inputs, { lo, hi, interior }) => {
    const x = inputs[0] as Tensor;
    const shape = x.shape.map((n, i) => {
      const inner = n === 0 ? 0 : (n - 1) * ((interior[i] as number) + 1) + 1;
      return inner + (lo[i] as number) + (hi[i] as number);
    });
    if (shape.length !== lo.length || shape.some((d) => !(d >= 0))) {
      throw new ShapeError(`pad: ${show(x.shape)} by [${lo.join(", ")}] and [${hi.join(", ")}] has no size`);
    }
    return { shape, dtype: x.dtype };
  },
  grad: ({ inputs: [x], attrs: { lo, hi, interior }, g }) => {
    const cropped = padded(g, { lo: lo.map((w) => -w), hi: hi.map((w) => -w) });
    return [
      (x as Tensor).shape.reduce(
        (y, _n, axis) => slice(y, axis, 0, y.shape[axis] as number, (interior[axis] as number) + 1),
        cropped,
      ),
    ];
  },
  batch: ([x], _mapped, { lo, hi, interior, value }) =>
    apply("pad", [x as Tensor], { lo: [0, ...lo], hi: [0, ...hi], interior: [0, ...interior], value }),
  reference: ([x], { lo, interior, value }, shape) => {
    if (!x) return new Float64Array();
    const read = reader(x);
    return tabulate(shape, (at) => {
      const from = at.map((here, i) => (here - (lo[i] as number)) / ((interior[i] as number) + 1));
      return from.every((p, i) => Number.isInteger(p) && p >= 0 && p < (x.shape[i] as number)) ? read(from) : value;
    });
  },
  lower: {
    kind: "element",
    cost: "cheap",
    pointwise: false,
    emit: (e, at, { inputs }, { lo, interior, value }) => {
      const x = inputs[0] as Tensor;
      const inside: (Ref | undefined)[] = [];
      const from = at.map((here, i): Index => {
        const by = (interior[i] as number) + 1;
        const before = lo[i] as number;
        const shift = Math.ceil(Math.max(before, 0) / by); // keeps what is split at or above 0
        const moved = e.affine(here, 1, shift * by - before);
        const [quotient, remainder] = by === 1 ? [moved, undefined] : e.split(moved, by);
        if (remainder) inside.push(e.inRange(remainder, 0, 1));
        const index = e.affine(quotient, 1, -shift);
        inside.push(e.inRange(index, 0, x.shape[i] as number));
        return index;
      });
      const mask = e.all(...inside);
      return e.read(x, from, mask === undefined ? undefined : { mask, fill: value });
    },
  },
};
