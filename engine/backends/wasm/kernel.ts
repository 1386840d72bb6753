import { WORD_BYTES } from "../../tensor/index.ts";
import type { Instr, Store, View } from "../launch.ts";
import { type Func, type I32, i32, i32x4, type Local, type V128, v128 } from "./assembler.ts";
import { constant, emit, toMemory } from "./instructions.ts";

/** An address that may be read when there is nothing to read: within the pool's control words. */
const SAFE_ADDRESS = 64;

/** What a kernel function is called with. */
export const KERNEL_PARAMS = 4;

/**
 * Something that moves evenly over the iteration space: the address of a view (steps in bytes, base from the launch's
 * descriptor), or the value of an `index` instruction (base is its offset).
 */
export interface Cursor {
  readonly base: number;
  readonly isIndex: boolean;
  /** Over the launch's axes as they were given. */
  readonly steps: readonly number[];
}

/** Where a view's buffer starts: word `i` of a launch's descriptor is the byte address of `places[i]`. */
export interface Place {
  readonly buffer: number;
  readonly offset: number;
}

/** Collects the cursors of a launch; equal views share one. */
export class Cursors {
  readonly all: Cursor[] = [];
  readonly places: Place[] = [];
  readonly #known = new Map<string, number>();

  view(view: View, strides = view.strides): number {
    return this.#add(`${view.buffer}:${view.offset}:${strides}`, () => {
      this.places.push({ buffer: view.buffer, offset: view.offset });
      return { base: this.places.length - 1, isIndex: false, steps: strides.map((s) => s * WORD_BYTES) };
    });
  }

  index(offset: number, strides: readonly number[]): number {
    return this.#add(`i:${offset}:${strides}`, () => ({ base: offset, isIndex: true, steps: strides }));
  }

  #add(key: string, make: () => Cursor): number {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.all.push(make());
    this.#known.set(key, this.all.length - 1);
    return this.all.length - 1;
  }
}

/** A list of instructions with the cursor of each load and index. */
export interface Code {
  readonly instrs: readonly Instr[];
  readonly cursor: readonly (number | undefined)[];
  /** Innermost loop each instruction depends on; it is computed there, once. */
  readonly level: readonly number[];
  /** Whether it differs between lanes. */
  readonly varies: readonly boolean[];
}

export function cursorsOf(code: readonly Instr[], views: readonly View[], cursors: Cursors): (number | undefined)[] {
  return code.map((instr) => {
    if (instr.op === "load") return cursors.view(views[instr.view] as View);
    return instr.op === "index" ? cursors.index(instr.offset, instr.strides) : undefined;
  });
}

export const refsOf = (instr: Instr): number[] => {
  switch (instr.op) {
    case "load":
      return [instr.index, instr.mask].filter((r) => r !== undefined);
    case "unary":
    case "cast":
      return [instr.a];
    case "binary":
      return [instr.a, instr.b];
    case "select":
      return [instr.cond, instr.a, instr.b];
    case "philox":
      return [instr.seed, instr.step, instr.index];
    default:
      return [];
  }
};

/**
 * Finds the loop of every instruction. `loopSteps[c][l]`: step of cursor c in loop l (level l + 1); level 0 is outside
 * of all loops. `vectorLoop`: the loop whose steps differ between lanes. `accLevel`: the level of accumulators.
 */
export function analyze(
  instrs: readonly Instr[],
  cursor: readonly (number | undefined)[],
  loopSteps: readonly (readonly number[])[],
  vectorLoop: number,
  accLevel = 0,
): Code {
  const level: number[] = [];
  const varies: boolean[] = [];
  instrs.forEach((instr, i) => {
    const c = cursor[i];
    const steps = c === undefined ? [] : (loopSteps[c] as readonly number[]);
    const refs = refsOf(instr);
    const own = instr.op === "acc" ? accLevel : steps.findLastIndex((s) => s !== 0) + 1;
    level.push(Math.max(own, ...refs.map((r) => level[r] as number)));
    varies.push(instr.op === "acc" || (steps[vectorLoop] ?? 0) !== 0 || refs.some((r) => varies[r]));
  });
  return { instrs, cursor, level, varies };
}

/** One place of the loop nest at which four lanes (or one) are computed. */
export interface Spot {
  readonly f: Func;
  readonly scalars: I32;
  readonly lanes: 4 | 1;
  /** Current value of every cursor. */
  readonly at: readonly I32[];
  /** How far every cursor moves from lane to lane. */
  readonly laneStep: readonly number[];
  /** How far this copy of an unrolled body is ahead of `at`, per cursor. */
  readonly ahead: (cursor: number) => number;
  readonly acc?: (acc: number) => V128;
}

/** Emits the instructions of one level and adds their values to `values`. */
export function emitLevel(code: Code, level: number, values: V128[], spot: Spot): void {
  code.instrs.forEach((instr, i) => {
    if (code.level[i] !== level) return;
    const cursor = code.cursor[i] as number;
    values[i] = spot.f.let(
      emit(
        {
          f: spot.f,
          code: code.instrs,
          scalars: spot.scalars,
          value: (ref) => values[ref] as V128,
          load: (load) => emitLoad(code, load, cursor, code.varies[i] as boolean, values, spot),
          index: () => emitIndex(cursor, code.varies[i] as boolean, spot),
          acc: (acc) => (spot.acc as (acc: number) => V128)(acc),
        },
        instr,
      ),
    );
  });
}

function emitIndex(cursor: number, varies: boolean, { at, laneStep, ahead, lanes }: Spot): V128 {
  const start = i32x4.splat(i32.add(at[cursor] as I32, ahead(cursor)));
  return varies && lanes === 4 ? i32x4.add(start, ramp(laneStep[cursor] as number)) : start;
}

/** [0, step, 2 step, 3 step] */
const ramp = (step: number) => v128.const([0, step, 2 * step, 3 * step]);

function emitLoad(
  code: Code,
  load: Extract<Instr, { op: "load" }>,
  cursor: number,
  varies: boolean,
  values: readonly V128[],
  spot: Spot,
): V128 {
  const { f, at, ahead, lanes } = spot;
  const start = at[cursor] as I32;
  const step = varies ? (spot.laneStep[cursor] as number) : 0;
  const mask = load.mask === undefined ? undefined : (values[load.mask] as V128);
  const filled = (words: V128) => (mask ? v128.bitselect(words, constant(load.fill ?? 0, load.dtype), mask) : words);
  const index = load.index === undefined ? undefined : clamped(f, values[load.index] as V128, load.indexSize);
  const indexBytes = (load.indexStride ?? 1) * WORD_BYTES;
  const scattered = lanes === 4 && load.index !== undefined && (code.varies[load.index] as boolean);

  if (scattered || (lanes === 4 && mask && ![0, 4].includes(step))) {
    let addresses: V128 = i32x4.add(i32x4.splat(i32.add(start, ahead(cursor))), ramp(step));
    if (index) addresses = i32x4.add(addresses, i32x4.mul(index, i32x4.const(indexBytes)));
    if (mask) addresses = v128.bitselect(addresses, i32x4.const(SAFE_ADDRESS), mask);
    const kept = f.let(addresses);
    return filled(gather((lane) => ({ address: i32x4.extract(kept, lane), offset: 0 })));
  }
  const moved = index ? i32.add(start, i32.mul(i32x4.extract(index, 0), indexBytes)) : start;
  // below 0 an address must be added up before it is used: an immediate offset would not wrap
  const immediate = mask === undefined && ahead(cursor) >= 0;
  const offset = immediate ? ahead(cursor) : 0;
  const near = immediate ? moved : i32.add(moved, ahead(cursor));
  const any = mask && (lanes === 4 ? v128.anyTrue(mask) : i32x4.extract(mask, 0));
  const address = any ? i32.select(near, SAFE_ADDRESS, any) : near;

  if (!varies || (lanes === 4 && step === 0)) return filled(v128.load32Splat(address, offset));
  if (lanes === 1) return filled(v128.load32Zero(address, offset));
  // words next to the buffer may be read and are dropped: the heap leaves room at both ends of memory
  if (step === WORD_BYTES) return filled(v128.load(address, offset));
  const base = f.let(address);
  if (step === 2 * WORD_BYTES) {
    return filled(v128.shuffle(v128.load(base, offset), v128.load(base, offset + 16), [0, 2, 4, 6]));
  }
  return filled(
    gather((lane) =>
      step >= 0 ? { address: base, offset: offset + lane * step } : { address: i32.add(base, lane * step), offset },
    ),
  );
}

function clamped(f: Func, index: V128, size: number | undefined): V128 {
  if (size === undefined) return index;
  return f.let(i32x4.minS(i32x4.maxS(index, i32x4.const(0)), i32x4.const(size - 1)));
}

function gather(where: (lane: number) => { address: I32; offset: number }): V128 {
  const first = where(0);
  let words = v128.load32Zero(first.address, first.offset);
  for (const lane of [1, 2, 3]) {
    const { address, offset } = where(lane);
    words = v128.load32Lane(address, words, lane, offset);
  }
  return words;
}

export function emitStore(code: Code, store: Store, cursor: number, values: readonly V128[], spot: Spot): void {
  const { f, at, ahead, lanes } = spot;
  const step = spot.laneStep[cursor] as number;
  const words = f.let(toMemory(values[store.value] as V128, (code.instrs[store.value] as Instr).dtype));
  const index = store.index === undefined ? undefined : (values[store.index] as V128);
  const indexBytes = (store.indexStride ?? 1) * WORD_BYTES;
  const immediate = ahead(cursor) >= 0 ? ahead(cursor) : 0;
  const start = i32.add(at[cursor] as I32, ahead(cursor) - immediate);
  if (lanes === 4 && index && code.varies[store.index as number]) {
    const moved = i32x4.mul(index, i32x4.const(indexBytes));
    const kept = f.let(i32x4.add(i32x4.add(i32x4.splat(start), ramp(step)), moved));
    for (let lane = 0; lane < 4; lane++) f.storeLane(4, i32x4.extract(kept, lane), words, lane, immediate);
    return;
  }
  const address = index ? i32.add(start, i32.mul(i32x4.extract(index, 0), indexBytes)) : start;
  if (lanes === 1) f.storeLane(4, address, words, 0, immediate);
  else if (step === WORD_BYTES) f.store(address, words, immediate);
  else for (let lane = 0; lane < 4; lane++) f.storeLane(4, i32.add(address, lane * step), words, lane, immediate);
}

/** How the work of a kernel is shared: rows of the outer axes, stretches of the last axis, or not at all. */
export type Split = "rows" | "last" | "none";

/** Elements of the last axis that stay together when it is split. */
const STRETCH = 64;

export interface OuterLoops {
  readonly f: Func;
  readonly shape: readonly number[];
  /** Base and steps over `shape` of every cursor. */
  readonly cursors: readonly { readonly base: number; readonly isIndex: boolean; readonly steps: readonly number[] }[];
  readonly split: Split;
  /** Sizes of the blocks of the last axis, descending; ends in 1. */
  readonly blocks: readonly number[];
  start(at: readonly I32[]): void;
  row(at: readonly I32[]): void;
  block(at: readonly I32[], size: number): void;
}

/**
 * Loops over `shape`: all axes but the last are walked as one range of rows, the last one in blocks. A function of
 * (descriptor, scalars, thread, threads) does its thread's share.
 */
export function outerLoops({ f, shape, cursors, split, blocks, start, row, block }: OuterLoops): void {
  const [descriptor, , thread, threads] = f.params as unknown as readonly [I32, I32, I32, I32];
  const rowAxes = shape.slice(0, -1);
  const rows = rowAxes.reduce((a, b) => a * b, 1);
  const length = shape.at(-1) ?? 1;
  const bases = cursors.map((c) => f.let(c.isIndex ? i32.const(c.base) : i32.load(descriptor, c.base * WORD_BYTES)));
  const share = (n: number): [I32, I32] => {
    const each = f.let(i32.divU(i32.add(threads, n - 1), threads));
    const from = f.let(i32.min(i32.mul(thread, each), n));
    return [from, f.let(i32.min(i32.add(from, each), n))];
  };
  let low: I32 = i32.const(0);
  let high: I32 = i32.const(length);
  if (split === "last") {
    const [from, to] = share(Math.ceil(length / STRETCH));
    low = f.let(i32.mul(from, STRETCH));
    high = f.let(i32.min(i32.mul(to, STRETCH), length));
  }
  start(bases);
  const loop = (at: readonly I32[]) => {
    row(at);
    lastAxis(
      f,
      at,
      cursors.map((c) => c.steps.at(-1) ?? 0),
      low,
      high,
      blocks,
      block,
    );
  };
  if (rows === 1) {
    f.if(i32.ltS(low, high), () => loop(bases));
    return;
  }
  const [from, to] = split === "rows" ? share(rows) : [i32.const(0), i32.const(rows)];
  let rest: I32 = from;
  const coordinate = rowAxes.map(() => f.local("i32"));
  for (let axis = rowAxes.length - 1; axis >= 0; axis--) {
    const kept = f.let(rest);
    f.set(coordinate[axis] as Local<"i32">, i32.remU(kept, rowAxes[axis] as number));
    rest = i32.divU(kept, rowAxes[axis] as number);
  }
  const at = cursors.map((c, i) =>
    c.steps.slice(0, -1).every((s) => s === 0)
      ? (bases[i] as I32)
      : f.let(
          rowAxes.reduce<I32>(
            (sum, _, axis) => i32.add(sum, i32.mul(coordinate[axis] as I32, c.steps[axis] as number)),
            bases[i] as I32,
          ),
        ),
  );
  const advance = (axis: number, carried: readonly number[]) => {
    const steps = cursors.map((c, i) => (c.steps[axis] as number) - (carried[i] as number));
    at.forEach((local, i) => {
      if (steps[i] !== 0) f.advance(local, steps[i] as number);
    });
    if (axis === 0) return;
    const c = coordinate[axis] as Local<"i32">;
    f.advance(c, 1);
    f.if(i32.eq(c, rowAxes[axis] as number), () => {
      f.set(c, i32.const(0));
      advance(
        axis - 1,
        cursors.map((k) => (k.steps[axis] as number) * (rowAxes[axis] as number)),
      );
    });
  };
  f.for(from, to, 1, () => {
    loop(at);
    advance(
      rowAxes.length - 1,
      cursors.map(() => 0),
    );
  });
}

/** Loops over [low, high) in blocks of the given sizes, with cursors of their own where they move. */
export function lastAxis(
  f: Func,
  start: readonly I32[],
  steps: readonly number[],
  low: I32,
  high: I32,
  blocks: readonly number[],
  block: (at: readonly I32[], size: number) => void,
): void {
  const length = low.value === undefined || high.value === undefined ? undefined : high.value - low.value;
  const from = (i: number) => i32.add(start[i] as I32, i32.mul(low, steps[i] as number));
  if (length !== undefined && blocks.includes(length)) {
    block(
      start.map((s, i) => (low.value === 0 ? s : f.let(from(i)))),
      length,
    );
    return;
  }
  const at = start.map((s, i) => (steps[i] === 0 ? s : f.let(from(i))));
  const i = f.let(low);
  let left = length;
  for (const size of blocks) {
    if (left !== undefined && left < size) continue;
    f.while(i32.leS(i32.add(i, size), high), () => {
      block(at, size);
      at.forEach((local, c) => {
        if (steps[c] !== 0) f.advance(local, (steps[c] as number) * size);
      });
      f.advance(i, size);
    });
    if (left !== undefined) left %= size;
  }
}
