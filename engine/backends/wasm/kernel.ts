import { sizeOf, WORD_BYTES } from "../../tensor/index.ts";
import type { Instr, Store, View } from "../launch.ts";
import { type Func, type I32, i32, i32x4, type Local, type V128, v128 } from "./assembler.ts";
import type { Axes } from "./axes.ts";
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

/** How a cursor moves along the vectorized axis: from lane to lane, and from one block of four elements to the next. */
export interface Stride {
  readonly lanes: readonly [number, number, number, number];
  readonly block: number;
}

export const evenStride = (step: number): Stride => ({ lanes: [0, step, 2 * step, 3 * step], block: 4 * step });
const STILL = evenStride(0);

/** The axis whose neighbours share a vector: its length, and the stride of every cursor. */
export interface VectorAxis {
  readonly length: number;
  readonly strides: readonly Stride[];
}

/**
 * Makes the last axis the vectorized one. A last axis of 2 or 4 is too short alone: it is taken together with the one
 * before, even where the two cannot merge (as when 2 x 2 windows are filled from one value each).
 */
export function vectorize({ shape, steps }: Axes): { rows: Axes; vector: VectorAxis } {
  const length = shape.at(-1) ?? 1;
  const before = shape.at(-2) ?? 1;
  const paired = (length === 2 || length === 4) && before > 1;
  const rank = shape.length - (paired ? 2 : 1);
  return {
    rows: { shape: shape.slice(0, Math.max(rank, 0)), steps: steps.map((s) => s.slice(0, Math.max(rank, 0))) },
    vector: {
      length: paired ? length * before : length,
      strides: steps.map((s) => {
        const step = s.at(-1) ?? 0;
        if (!paired) return evenStride(step);
        const outer = s.at(-2) as number;
        if (length === 4) return { lanes: evenStride(step).lanes, block: outer };
        return { lanes: [0, step, outer, outer + step], block: 2 * outer };
      }),
    },
  };
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

const refsOf = (instr: Instr): number[] => {
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

/** Levels of every kernel: outside of all loops, in a row of the outer axes, at an element; inner axes come after. */
export const LEVEL = { once: 0, row: 1, element: 2, inner: 3 } as const;

/**
 * Finds the loop and the lanes of every instruction. `level[c]`: the innermost loop in which cursor c moves;
 * `strides[c]`: how it moves between lanes. Accumulators are at the element.
 */
export function analyze(
  instrs: readonly Instr[],
  cursor: readonly (number | undefined)[],
  cursorLevel: readonly number[],
  strides: readonly Stride[],
): Code {
  const level: number[] = [];
  const varies: boolean[] = [];
  instrs.forEach((instr, i) => {
    const c = cursor[i];
    const refs = refsOf(instr);
    const own = instr.op === "acc" ? LEVEL.element : c === undefined ? LEVEL.once : (cursorLevel[c] as number);
    const moves = c !== undefined && (strides[c] as Stride).lanes.some((x) => x !== 0);
    level.push(Math.max(own, ...refs.map((r) => level[r] as number)));
    varies.push(instr.op === "acc" || moves || refs.some((r) => varies[r]));
  });
  return { instrs, cursor, level, varies };
}

/** One place of the loop nest at which up to four neighbours are computed. */
export interface Spot {
  readonly f: Func;
  readonly scalars: I32;
  /** Lanes that count; those above hold anything. */
  readonly lanes: number;
  /** Current value of every cursor. */
  readonly at: readonly I32[];
  readonly strides: readonly Stride[];
  /** How far this copy of an unrolled body is ahead of `at`, per cursor. */
  readonly ahead: (cursor: number) => number;
  readonly acc?: (acc: number) => V128;
  readonly philox?: (instr: Extract<Instr, { op: "philox" }>, values: readonly V128[]) => V128 | undefined;
}

/** Emits the instructions of one level and adds their values to `values`. */
export function emitLevel(code: Code, level: number, values: V128[], spot: Spot): void {
  code.instrs.forEach((instr, i) => {
    if (code.level[i] !== level) return;
    const cursor = code.cursor[i] as number;
    const varies = code.varies[i] as boolean;
    const site = {
      f: spot.f,
      code: code.instrs,
      scalars: spot.scalars,
      value: (ref: number) => values[ref] as V128,
      load: (load: Load) => emitLoad(code, load, cursor, varies, values, spot),
      index: () => {
        const start = i32x4.splat(i32.add(spot.at[cursor] as I32, spot.ahead(cursor)));
        return varies ? i32x4.add(start, v128.const((spot.strides[cursor] as Stride).lanes)) : start;
      },
      acc: (acc: number) => (spot.acc as (acc: number) => V128)(acc),
      philox: (instr: Extract<Instr, { op: "philox" }>) => spot.philox?.(instr, values),
    };
    values[i] = spot.f.let(emit(site, instr));
  });
}

type Load = Extract<Instr, { op: "load" }>;

const hasPattern = ({ lanes }: Stride, ...pattern: number[]) =>
  lanes.every((offset, i) => offset === (pattern[i] as number) * WORD_BYTES);

function emitLoad(code: Code, load: Load, cursor: number, varies: boolean, values: readonly V128[], spot: Spot): V128 {
  const { f, at, ahead, lanes } = spot;
  const start = at[cursor] as I32;
  const stride = varies ? (spot.strides[cursor] as Stride) : STILL;
  const mask = load.mask === undefined ? undefined : (values[load.mask] as V128);
  const filled = (words: V128) => (mask ? v128.bitselect(words, constant(load.fill ?? 0, load.dtype), mask) : words);
  const index = load.index === undefined ? undefined : clamped(f, values[load.index] as V128, load.indexSize);
  const indexBytes = (load.indexStride ?? 1) * WORD_BYTES;
  const scattered = load.index !== undefined && (code.varies[load.index] as boolean);
  const still = hasPattern(stride, 0, 0, 0, 0);
  const runs = hasPattern(stride, 0, 1, 2, 3);

  if (scattered || (mask && !still && !runs)) {
    let addresses: V128 = i32x4.add(i32x4.splat(i32.add(start, ahead(cursor))), v128.const(stride.lanes));
    if (index) addresses = i32x4.add(addresses, i32x4.mul(index, i32x4.const(indexBytes)));
    if (mask) addresses = v128.bitselect(addresses, i32x4.const(SAFE_ADDRESS), mask);
    const kept = f.let(addresses);
    return filled(gather(lanes, (lane) => ({ address: i32x4.extract(kept, lane), offset: 0 })));
  }
  const moved = index ? i32.add(start, i32.mul(i32x4.extract(index, 0), indexBytes)) : start;
  // where nothing is read the address may be below 0: an immediate offset would not wrap
  const immediate = mask === undefined && ahead(cursor) >= 0;
  const offset = immediate ? ahead(cursor) : 0;
  const near = immediate ? moved : i32.add(moved, ahead(cursor));
  const any = mask && v128.anyTrue(lanes === 4 ? mask : v128.and(mask, firstLanes(lanes)));
  const address = any ? i32.select(near, SAFE_ADDRESS, any) : near;

  if (still) return filled(v128.load32Splat(address, offset));
  if (lanes === 1) return filled(v128.load32Zero(address, offset));
  // words next to the buffer may be read and are dropped: the heap leaves room at both ends of memory
  if (runs) return filled(v128.load(address, offset));
  const base = f.let(address);
  if (hasPattern(stride, 0, 2, 4, 6)) {
    return v128.shuffle(v128.load(base, offset), v128.load(base, offset + 16), [0, 2, 4, 6]);
  }
  if (hasPattern(stride, 0, 0, 1, 1)) {
    const two = f.let(v128.load64Zero(base, offset));
    return v128.shuffle(two, two, [0, 0, 1, 1]);
  }
  return gather(lanes, (lane) => {
    const by = stride.lanes[lane] as number;
    return by >= 0 ? { address: base, offset: offset + by } : { address: i32.add(base, by), offset };
  });
}

/** A mask of the first lanes. */
export const firstLanes = (lanes: number): V128 => v128.const([0, 1, 2, 3].map((lane) => (lane < lanes ? -1 : 0)));

function clamped(f: Func, index: V128, size: number | undefined): V128 {
  if (size === undefined) return index;
  return f.let(i32x4.minS(i32x4.maxS(index, i32x4.const(0)), i32x4.const(size - 1)));
}

function gather(lanes: number, where: (lane: number) => { address: I32; offset: number }): V128 {
  const first = where(0);
  let words = v128.load32Zero(first.address, first.offset);
  for (let lane = 1; lane < lanes; lane++) {
    const { address, offset } = where(lane);
    words = v128.load32Lane(address, words, lane, offset);
  }
  return words;
}

export function emitStore(code: Code, store: Store, cursor: number, values: readonly V128[], spot: Spot): void {
  const { f, at, ahead, lanes } = spot;
  const stride = spot.strides[cursor] as Stride;
  const words = f.let(toMemory(values[store.value] as V128, (code.instrs[store.value] as Instr).dtype));
  const index = store.index === undefined ? undefined : (values[store.index] as V128);
  const indexBytes = (store.indexStride ?? 1) * WORD_BYTES;
  const immediate = ahead(cursor) >= 0 ? ahead(cursor) : 0;
  const start = i32.add(at[cursor] as I32, ahead(cursor) - immediate);
  if (index && code.varies[store.index as number]) {
    const moved = i32x4.mul(index, i32x4.const(indexBytes));
    const kept = f.let(i32x4.add(i32x4.add(i32x4.splat(start), v128.const(stride.lanes)), moved));
    for (let lane = 0; lane < lanes; lane++) f.storeLane(4, i32x4.extract(kept, lane), words, lane, immediate);
    return;
  }
  const address = index ? f.let(i32.add(start, i32.mul(i32x4.extract(index, 0), indexBytes))) : start;
  if (lanes === 4 && hasPattern(stride, 0, 1, 2, 3)) {
    f.store(address, words, immediate);
    return;
  }
  for (let lane = 0; lane < lanes; lane++) {
    f.storeLane(4, i32.add(address, stride.lanes[lane] as number), words, lane, immediate);
  }
}

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
    f.if(i32.ltS(...range), () => oneRow(bases));
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
