import { rowMajor, type Shape, sizeOf } from "../tensor/index.ts";
import type { Values } from "./node.ts";

/** What `f` gives at every coordinate of `shape`, row-major. The coordinate array is reused between calls. */
export function tabulate(shape: Shape, f: (at: readonly number[]) => number): Float64Array {
  const out = new Float64Array(sizeOf(shape));
  const at = shape.map(() => 0);
  for (let i = 0; i < out.length; i++) {
    out[i] = f(at);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (at[axis] as number) + 1;
      at[axis] = next < (shape[axis] as number) ? next : 0;
      if (at[axis] !== 0) break;
    }
  }
  return out;
}

/** Reads `values` by coordinate. */
export function reader({ shape, data }: Values): (at: readonly number[]) => number {
  const strides = rowMajor(shape);
  return (at) => {
    let i = 0;
    for (let axis = 0; axis < strides.length; axis++) i += (at[axis] as number) * (strides[axis] as number);
    return data[i] as number;
  };
}

/** Folds the axes `axes` of x: `f` gets their elements in row-major order. */
export function foldAxes(x: Values, axes: readonly number[], f: (elements: Float64Array) => number): Float64Array {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const read = reader(x);
  const full = x.shape.map(() => 0);
  const inner = axes.map((axis) => x.shape[axis] as number);
  return tabulate(
    kept.map((axis) => x.shape[axis] as number),
    (at) => {
      kept.forEach((axis, i) => {
        full[axis] = at[i] as number;
      });
      return f(
        tabulate(inner, (within) => {
          axes.forEach((axis, i) => {
            full[axis] = within[i] as number;
          });
          return read(full);
        }),
      );
    },
  );
}

/** An integer result brought into its dtype's range, modulo 2^32. */
export function wrap(x: number, dtype: string): number {
  if (dtype === "i32") return x | 0;
  return dtype === "u32" ? x >>> 0 : x;
}
