import { ShapeError } from "../../errors/index.ts";
import { sameShape, show, sizeOf } from "../../tensor/index.ts";
import { upTo } from "../axes.ts";
import { allMapped } from "../elementwise.ts";
import { moveAxis, permute } from "../movement.ts";
import type { OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";

interface Attrs extends Readonly<Record<string, unknown>> {
  /** How many axes of each kind; n is what is left of b. */
  readonly batch: number;
  readonly m: number;
  readonly k: number;
}

/**
 *   a [...batch, ...m, ...k], b [...batch, ...k, ...n]  ->  [...batch, ...m, ...n]
 *   out[b, m, n] = sum over k of a[b, m, k] b[b, k, n]
 */
export const contract: OpRecord<Attrs> = {
  summary: "Products summed over shared axes: every matrix product and convolution.",
  infer: (inputs, { batch, m, k }) => {
    const [a, b] = inputs as [Tensor, Tensor];
    const fits =
      a.rank === batch + m + k &&
      b.rank >= batch + k &&
      sameShape(a.shape.slice(0, batch), b.shape.slice(0, batch)) &&
      sameShape(a.shape.slice(batch + m), b.shape.slice(batch, batch + k));
    if (!fits) {
      throw new ShapeError(
        `contract: ${show(a.shape)} and ${show(b.shape)} do not share ${batch} batch and ${k} summed axes`,
      );
    }
    if (a.dtype !== "f32" || b.dtype !== "f32")
      throw new ShapeError(`contract: ${a.dtype} against ${b.dtype}, not f32`);
    return { shape: [...a.shape.slice(0, batch + m), ...b.shape.slice(batch + k)], dtype: "f32" };
  },
  grad: ({ inputs, attrs: { batch, m, k }, g }) => {
    const [a, b] = inputs as [Tensor, Tensor];
    const n = b.rank - batch - k;
    const bT = permute(b, [...upTo(batch), ...range(batch + k, n), ...range(batch, k)]);
    const aT = permute(a, [...upTo(batch), ...range(batch + m, k), ...range(batch, m)]);
    return [apply("contract", [g, bT], { batch, m, k: n }), apply("contract", [aT, g], { batch, m: k, k: m })];
  },
  batch: (inputs, mapped, { batch, m, k }, lanes) => {
    if (mapped[0] && mapped[1]) return apply("contract", allMapped(inputs, mapped, lanes), { batch: batch + 1, m, k });
    const [a, b] = inputs as [Tensor, Tensor]; // lanes of one side only make its free axes one more
    if (mapped[0]) {
      return moveAxis(apply("contract", [moveAxis(a, 0, batch), b], { batch, m: m + 1, k }), batch, 0);
    }
    return moveAxis(apply("contract", [a, moveAxis(b, 0, batch + k)], { batch, m, k }), batch + m, 0);
  },
  reference: ([a, b], { batch, m, k }) => {
    if (!a || !b) return new Float64Array();
    const lanes = sizeOf(a.shape.slice(0, batch)); // groups of axes are row-major, so this is a batched matrix product
    const rows = sizeOf(a.shape.slice(batch, batch + m));
    const inner = sizeOf(a.shape.slice(batch + m));
    const columns = sizeOf(b.shape.slice(batch + k));
    const out = new Float64Array(lanes * rows * columns);
    for (let row = 0; row < lanes * rows; row++) {
      const lane = Math.floor(row / rows);
      for (let i = 0; i < inner; i++) {
        const left = a.data[row * inner + i] as number;
        const from = (lane * inner + i) * columns;
        for (let j = 0; j < columns; j++)
          out[row * columns + j] = (out[row * columns + j] as number) + left * (b.data[from + j] as number);
      }
    }
    return out;
  },
  lower: { kind: "contract" },
};

const range = (start: number, length: number): number[] => Array.from({ length }, (_, i) => start + i);
