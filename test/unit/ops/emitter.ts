import type { BinaryOp, Ref, UnaryOp } from "../../../engine/backends/launch.ts";
import { type Emitter, type Index, opNamed, type Tensor, type Values } from "../../../engine/ops/index.ts";
import { words } from "../../../engine/random/index.ts";
import { type DType, rowMajor } from "../../../engine/tensor/index.ts";

const number = (at: Index): number => (at as { offset: number }).offset;
const index = (value: number): Index => ({ kind: "affine", offset: value, strides: [] });

/** An emitter that computes at once: a ref is the number of a value already known. Reads outside an input throw. */
export function computingEmitter(known: ReadonlyMap<Tensor, Values>): { emitter: Emitter; numberOf(ref: Ref): number } {
  const values: { value: number; dtype: DType }[] = [];
  const put = (value: number, dtype: DType): Ref => values.push({ value, dtype }) - 1;
  const get = (ref: Ref) => values[ref] as { value: number; dtype: DType };
  const viaReference = (op: string, refs: readonly Ref[], attrs = {}): number => {
    const inputs = refs.map((ref) => ({ shape: [], dtype: get(ref).dtype, data: Float64Array.of(get(ref).value) }));
    return opNamed(op).reference(inputs, attrs, [])[0] as number;
  };
  const names: Partial<Record<UnaryOp | BinaryOp, string>> = { max: "maximum", min: "minimum" };
  const logical = ["equal", "less", "lessEqual", "and", "or"];
  const emitter: Emitter = {
    read(input, at, outside) {
      const { data, shape, dtype } = known.get(input) as Values;
      if (outside && !get(outside.mask).value) return put(outside.fill, dtype);
      at.forEach((here, axis) => {
        if (!(number(here) >= 0 && number(here) < (shape[axis] as number))) {
          throw new Error(`read at ${at.map(number)} of [${shape}]`);
        }
      });
      if (at.length !== shape.length) throw new Error(`${at.length} coordinates for [${shape}]`);
      const strides = rowMajor(shape);
      return put(data[at.reduce((s, here, axis) => s + number(here) * (strides[axis] as number), 0)] as number, dtype);
    },
    constant: put,
    unary: (fn, a) => put(viaReference(names[fn] ?? fn, [a]), fn === "isFinite" ? "bool" : get(a).dtype),
    binary: (fn, a, b) => put(viaReference(names[fn] ?? fn, [a, b]), logical.includes(fn) ? "bool" : get(a).dtype),
    select: (cond, a, b) => put(get(get(cond).value ? a : b).value, get(a).dtype),
    cast: (a, dtype) => put(viaReference("cast", [a], { dtype }), dtype),
    philox: (seed, step, stream, at) =>
      put(words(get(seed).value, stream, get(step).value, number(at) + 1)[number(at)] as number, "u32"),
    value: (at) => put(number(at), "i32"),
    computed: (ref) => index(get(ref).value),
    affine: (at, scale, offset) => index(number(at) * scale + offset),
    sum: (a, b) => index(number(a) + number(b)),
    split(at, by) {
      if (number(at) < 0) throw new Error(`split of ${number(at)}`);
      return [index(Math.floor(number(at) / by)), index(number(at) % by)];
    },
    flat: (at, shape) => index(at.reduce((s, here, axis) => s + number(here) * (rowMajor(shape)[axis] as number), 0)),
    unflat: (at, shape) =>
      rowMajor(shape).map((stride, axis) => index(Math.floor(number(at) / stride) % (shape[axis] as number))),
    inRange: (at, lo, hi) => put(number(at) >= lo && number(at) < hi ? 1 : 0, "bool"),
    all(...conditions) {
      const there = conditions.filter((c) => c !== undefined);
      return there.length ? put(there.every((c) => get(c).value) ? 1 : 0, "bool") : undefined;
    },
  };
  return { emitter, numberOf: (ref) => get(ref).value };
}
