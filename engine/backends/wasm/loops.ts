import { sizeOf, WORD_BYTES } from "../../tensor/index.ts";
import type { Axes } from "../axes.ts";
import { type Func, type I32, i32, type Local } from "./assembler.ts";
import type { Cursor, Stride, VectorAxis } from "./cursors.ts";

/** What a kernel function is called with. */
export const KERNEL_PARAMS = 4;

/** How the work of a kernel is shared: rows of the outer axes, stretches of the vectorized axis, or not at all. */
export type Split = "rows" | "stretches" | "none";

/** Elements of the vectorized axis that stay together when it is split; a multiple of four. */
const STRETCH = 32;

export function splitOf(rows: number, length: number): Split {
  return rows >= 32 || rows >= length / STRETCH ? "rows" : "stretches";
}

export interface OuterLoops {
  readonly f: Func;
  readonly cursors: readonly Cursor[];
  readonly rows: Axes;
  readonly vector: VectorAxis;
  readonly split: Split;
  /** Blocks of four elements that are computed side by side. */
  readonly copies: number;
  start(at: readonly I32[]): void;
  row(at: readonly I32[]): void;
  /** `size` neighbours: 4 * copies, 4, or fewer at the end. */
  block(at: readonly I32[], size: number): void;
}

/**
 * The loops of a kernel: the outer axes are walked as one range of rows, the vectorized axis in blocks. A function of
 * (descriptor, scalars, thread, threads) does its thread's share.
 */
export function outerLoops({ f, cursors, rows, vector, split, copies, start, row, block }: OuterLoops): void {
  const [descriptor, , thread, threads] = f.params;
  const { shape, steps } = rows;
  const count = sizeOf(shape);
  const bases = cursors.map((c) => f.let(c.isIndex ? i32.const(c.base) : i32.load(descriptor, c.base * WORD_BYTES)));
  const share = (n: number): [I32, I32] => {
    const each = f.let(i32.divU(i32.add(threads, n - 1), threads));
    const from = f.let(i32.min(i32.mul(thread, each), n));
    return [from, f.let(i32.min(i32.add(from, each), n))];
  };
  let range: [I32, I32] = [i32.const(0), i32.const(vector.length)];
  if (split === "stretches") {
    const [from, to] = share(Math.ceil(vector.length / STRETCH));
    range = [f.let(i32.mul(from, STRETCH)), f.let(i32.min(i32.mul(to, STRETCH), vector.length))];
  }
  start(bases);
  const oneRow = (at: readonly I32[]) => {
    row(at);
    vectorLoop(f, at, vector, range, copies, block);
  };
  if (count === 1) {
    // a row that is not cut is one thread's: two that did it both would update twice what it updates in place
    f.if(split === "rows" ? i32.eq(thread, 0) : i32.ltS(...range), () => oneRow(bases));
    return;
  }
  const [from, to] = split === "rows" ? share(count) : [i32.const(0), i32.const(count)];
  const coordinate = coordinates(f, from, shape);
  const at = bases.map((base, c) => {
    const own = steps[c] as readonly number[];
    if (own.every((s) => s === 0)) return base;
    return f.let(own.reduce<I32>((sum, step, axis) => i32.add(sum, i32.mul(coordinate[axis] as I32, step)), base));
  });
  /** One further along `axis`; where it ends, back to its beginning and one further along the axis before. */
  const next = (axis: number, walked: readonly number[]) => {
    at.forEach((local, c) => {
      const step = (steps[c]?.[axis] as number) - (walked[c] as number);
      if (step !== 0) f.advance(local, step);
    });
    if (axis === 0) return;
    const position = coordinate[axis] as Local<"i32">;
    const length = shape[axis] as number;
    f.advance(position, 1);
    f.if(i32.eq(position, length), () => {
      f.set(position, i32.const(0));
      next(
        axis - 1,
        steps.map((s) => (s[axis] as number) * length),
      );
    });
  };
  f.for(from, to, 1, () => {
    oneRow(at);
    next(
      shape.length - 1,
      steps.map(() => 0),
    );
  });
}

/** Row-major coordinates of position `flat`, in locals. */
function coordinates(f: Func, flat: I32, shape: readonly number[]): Local<"i32">[] {
  const out: Local<"i32">[] = [];
  let rest = f.let(flat);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis] as number;
    out[axis] = f.let(axis === 0 ? rest : i32.remU(rest, length));
    if (axis > 0) rest = f.let(i32.divU(rest, length));
  }
  return out;
}

/** Loops over a range of the vectorized axis that begins at a multiple of four, with cursors of its own. */
export function vectorLoop(
  f: Func,
  start: readonly I32[],
  { length, strides }: VectorAxis,
  [low, high]: readonly [I32, I32],
  copies: number,
  block: (at: readonly I32[], size: number) => void,
): void {
  const whole = low.value === 0 && high.value === length;
  const tail = length % 4;
  if (whole && (length <= 4 || length === 4 * copies)) {
    block(start, length);
    return;
  }
  const at = start.map((s, c) => {
    const { block: step } = strides[c] as Stride;
    return step === 0 ? s : f.let(i32.add(s, low.value === 0 ? 0 : i32.mul(i32.shrU(low, 2), step)));
  });
  const i = f.let(low);
  const sizes = [...new Set([copies * 4, 4])].filter((size) => size <= length);
  for (const size of sizes) {
    if (whole && size < (sizes[0] as number) && length % (sizes[0] as number) < size) continue;
    f.while(i32.leS(i32.add(i, size), high), () => {
      block(at, size);
      at.forEach((local, c) => {
        const step = ((strides[c] as Stride).block * size) / 4;
        if (step !== 0) f.advance(local, step);
      });
      f.advance(i, size);
    });
  }
  if (tail === 0) return;
  if (whole) block(at, tail);
  else f.if(i32.ltS(i, high), () => block(at, tail));
}
