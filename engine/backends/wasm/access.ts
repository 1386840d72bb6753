import { WORD_BYTES } from "../../tensor/index.ts";
import type { Instr, Store } from "../launch.ts";
import { type Func, type I32, i32, i32x4, type V128, v128 } from "./assembler.ts";
import type { Code } from "./code.ts";
import { STILL, type Stride } from "./cursors.ts";
import { constant, emit, toMemory } from "./instructions.ts";

/** An address that may be read when there is nothing to read: within the pool's control words. */
const SAFE_ADDRESS = 64;

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
