import type { DType } from "../../tensor/index.ts";
import type { Accumulator as Folded } from "../launch.ts";
import { firstLanes } from "./access.ts";
import { type Func, f32x4, i32x4, type Local, type V128, v128 } from "./assembler.ts";
import { constant } from "./instructions.ts";

type Accumulator = Pick<Folded, "fn">;

/** Registers of one accumulator: four lanes, each with its own running result. */
export interface Running {
  readonly value: Local<"v128">;
  /** argmax: position of `value` within `inner`. */
  readonly position?: Local<"v128">;
}

const LOWEST = { f32: Number.NEGATIVE_INFINITY, i32: -(2 ** 31), u32: 0, bool: 0 };

/** `dtype` here and below is that of the folded values. */
export function begin(f: Func, { fn }: Accumulator, dtype: DType): Running {
  const value = f.let(constant(fn === "sum" ? 0 : LOWEST[dtype], dtype));
  return fn === "argmax" ? { value, position: f.let(i32x4.const(0)) } : { value };
}

/** Begins with the first element, at position 0, instead of with nothing. */
export function beginWith(f: Func, { fn }: Accumulator, first: V128): Running {
  return fn === "argmax" ? { value: f.let(first), position: f.let(i32x4.const(0)) } : { value: f.let(first) };
}

/** Folds `next` in, at `position` for argmax; lanes from `lanes` on stay as they were. */
export function fold(
  f: Func,
  { fn }: Accumulator,
  dtype: DType,
  into: Running,
  next: V128,
  position: V128,
  lanes: number,
): void {
  const { value } = into;
  if (fn === "sum") {
    const term = lanes === 4 ? next : v128.and(next, firstLanes(lanes));
    f.set(value, dtype === "f32" ? f32x4.add(value, term) : i32x4.add(value, term));
  } else if (fn === "max") {
    const best =
      dtype === "f32" ? f32x4.max(value, next) : dtype === "i32" ? i32x4.maxS(value, next) : i32x4.maxU(value, next);
    f.set(value, lanes === 4 ? best : v128.bitselect(best, value, firstLanes(lanes)));
  } else {
    const wins = beats(dtype, next, value);
    take(f, into, { value: next, position }, lanes === 4 ? wins : v128.and(wins, firstLanes(lanes)));
  }
}

/** Folds one set of registers into another: of equal maxima the one with the lower position stays. */
export function combine(f: Func, accumulator: Accumulator, dtype: DType, into: Running, other: Running): void {
  if (!into.position || !other.position) {
    fold(f, accumulator, dtype, into, other.value, into.value, 4);
    return;
  }
  const { value } = other;
  const same = dtype === "f32" ? f32x4.eq(value, into.value) : i32x4.eq(value, into.value);
  const bothNaN = v128.and(f32x4.ne(value, value), f32x4.ne(into.value, into.value));
  const tied = dtype === "f32" ? v128.or(same, bothNaN) : same;
  const earlier = v128.and(tied, i32x4.ltS(other.position, into.position));
  take(f, into, { value, position: other.position }, v128.or(beats(dtype, value, into.value), earlier));
}

/** Folds lanes 2 and 3 into 0 and 1, then 1 into 0; the result ends up in all lanes. */
export function combineLanes(f: Func, accumulator: Accumulator, dtype: DType, running: Running): void {
  for (const lanes of [
    [2, 3, 2, 3],
    [1, 1, 1, 1],
  ] as const) {
    const moved = (x: V128) => f.let(v128.shuffle(x, x, lanes));
    const { value, position } = running;
    combine(f, accumulator, dtype, running, {
      value: moved(value),
      ...(position && { position: moved(position) }),
    });
  }
  for (const x of [running.value, running.position]) if (x) f.set(x, v128.shuffle(x, x, [0, 0, 0, 0]));
}

function beats(dtype: DType, next: V128, best: V128): V128 {
  if (dtype !== "f32") return dtype === "i32" ? i32x4.gtS(next, best) : i32x4.gtU(next, best);
  return v128.andNot(f32x4.eq(best, best), f32x4.le(next, best)); // greater or NaN, unless there is a NaN already
}

function take(f: Func, into: Running, from: { value: V128; position: V128 }, where: V128): void {
  const mask = f.let(where);
  f.set(into.value, v128.bitselect(from.value, into.value, mask));
  const { position } = into;
  if (position) f.set(position, v128.bitselect(from.position, position, mask));
}
