import { WORD_BYTES } from "../../tensor/index.ts";
import { simplify } from "../axes.ts";
import type { ContractLaunch } from "../launch.ts";
import type { Place } from "./cursors.ts";
import { type Descriptor, kStepOf } from "./gemm.ts";

type Group = readonly {
  readonly length: number;
  readonly left: number;
  readonly right: number;
  readonly out: number;
}[];

/** A contraction as gemm.ts wants it: descriptor fields that are numbers, those that are tables, and the buffers. */
export interface GemmCall {
  readonly places: { readonly a: Place; readonly b: Place; readonly out: Place };
  readonly tables: Readonly<
    Record<"aM" | "outM" | "bN" | "outN" | "aK" | "bK" | "aBatch" | "bBatch" | "outBatch", Int32Array>
  >;
  readonly fields: Omit<Descriptor, keyof GemmCall["tables"] | keyof GemmCall["places"] | "workspace">;
  readonly parallel: boolean;
}

/** Multiply-adds below which a contraction stays on one thread: about three microseconds. */
const PARALLEL_WORK = 80_000;
/** Rows up to which b is read where it lies rather than packed: a packed word would be used too few times. */
const UNPACKED_ROWS = 24;
/** Columns that stay in one matrix when outer axes of n are turned into batch axes. */
const MIN_COLUMNS = 128;

/**
 * Chooses sides so that rows of the result are contiguous, merges axes, and divides the work among threads. `tile` is
 * the height of the register tile.
 */
export function lowerContract(launch: ContractLaunch, threads: number, tile: number): GemmCall {
  const groups = groupsOf(launch);
  const swap = isSwapped(groups.m, groups.n, length(groups.k), tile);
  const { batch, k } = groups;
  const m = swap ? groups.n.map((x) => ({ ...x, left: x.right, right: 0 })) : groups.m;
  let n = swap ? groups.m.map((x) => ({ ...x, right: x.left, left: 0 })) : groups.n;
  const sided = (group: Group): Group => (swap ? group.map((x) => ({ ...x, left: x.right, right: x.left })) : group);

  // a long outer axis of n (the images of a convolution) is better a batch: shorter tables, more units for the threads
  const extra: Group[number][] = [];
  while (n.length > 1 && length(n) / (n[0] as Group[number]).length >= MIN_COLUMNS) {
    extra.push(n[0] as Group[number]);
    n = n.slice(1);
  }
  const b = table(sided(batch).concat(extra));
  const [rows, columns, depth] = [table(m), table(n), table(sided(k))];
  const [M, N, K, B] = [rows.size, columns.size, depth.size, b.size];
  const parallel = M * N * K * B > PARALLEL_WORK && threads > 1;
  const { mParts, nParts } = parallel ? partition(M, N, K, B, threads, tile) : { mParts: 1, nParts: 1 };
  const step = (size: number, parts: number, quantum: number) => Math.ceil(size / parts / quantum) * quantum;
  const mStep = step(M, mParts, tile);
  const nStep = step(N, nParts, 8);
  const [mUsed, nUsed] = [Math.ceil(M / mStep), Math.ceil(N / nStep)];
  const place = ({ buffer, offset }: Place) => ({ buffer, offset });
  return {
    places: {
      a: place(swap ? launch.b : launch.a),
      b: place(swap ? launch.a : launch.b),
      out: place(launch.out),
    },
    tables: {
      aM: rows.left,
      outM: rows.out,
      bN: columns.right,
      outN: columns.out,
      aK: depth.left,
      bK: depth.right,
      aBatch: b.left,
      bBatch: b.right,
      outBatch: b.out,
    },
    fields: {
      m: M,
      n: N,
      k: K,
      units: B * mUsed * nUsed,
      mParts: mUsed,
      nParts: nUsed,
      mStep,
      nStep,
      kStep: kStepOf(K),
      outRowStep: (m.at(-1)?.out ?? 0) * WORD_BYTES,
      outRuns: n.every((axis) => axis.out >= 0) && m.every((axis) => axis.out >= 0) ? 1 : 0,
      unpacked: M <= UNPACKED_ROWS ? 1 : 0,
    },
    parallel,
  };
}

const length = (group: Group) => group.reduce((n, axis) => n * axis.length, 1);

/**
 * Whether a and b change sides. A tile is wide along n: the words that are written should follow each other there, and
 * little of the last tile should be wasted. In cycles: eight per row and k of a tile, about as many per scattered word.
 */
function isSwapped(m: Group, n: Group, k: number, tile: number): boolean {
  const cost = (rows: Group, columns: Group) => {
    const tiles = Math.ceil(length(rows) / tile);
    const height = Math.max(length(rows) / tiles, 4);
    const products = Math.ceil(length(columns) / 8) * tiles * height * k;
    const runs = columns.some((axis) => axis.out === 1) || length(rows) * length(columns) === 1;
    return products + (runs ? 0 : length(rows) * length(columns) * Math.ceil(k / kStepOf(k)) * 8);
  };
  return cost(n, m) < cost(m, n);
}

/** Axes of every group with their strides in a (left), b (right) and out, simplified; m and n in the order of out. */
function groupsOf({ batch, m, n, k, a, b, out }: ContractLaunch): Record<"batch" | "m" | "n" | "k", Group> {
  const [rb, rm, rk, rn] = [batch.length, m.length, k.length, n.length];
  const none = (shape: readonly number[]) => shape.map(() => 0);
  const group = (
    shape: readonly number[],
    left: readonly number[],
    right: readonly number[],
    to: readonly number[],
    leader: number[],
  ) => {
    const axes = simplify(shape, [to, left, right], leader);
    return axes.shape.map((length, i) => ({
      length,
      out: axes.steps[0]?.[i] as number,
      left: axes.steps[1]?.[i] as number,
      right: axes.steps[2]?.[i] as number,
    }));
  };
  return {
    batch: group(batch, a.strides.slice(0, rb), b.strides.slice(0, rb), out.strides.slice(0, rb), []),
    m: group(m, a.strides.slice(rb, rb + rm), none(m), out.strides.slice(rb, rb + rm), [0]),
    n: group(n, none(n), b.strides.slice(rb + rk, rb + rk + rn), out.strides.slice(rb + rm), [0]),
    k: group(k, a.strides.slice(rb + rm), b.strides.slice(rb, rb + rk), none(k), []),
  };
}

/** Byte offsets of every coordinate of a group, row-major. */
function table(group: Group): { size: number; left: Int32Array; right: Int32Array; out: Int32Array } {
  const offsets = (of: "left" | "right" | "out") => {
    let all = Int32Array.of(0);
    for (const axis of group) {
      const step = axis[of] * WORD_BYTES;
      const longer = new Int32Array(all.length * axis.length);
      let at = 0;
      for (const base of all) for (let i = 0; i < axis.length; i++) longer[at++] = base + i * step;
      all = longer;
    }
    return all;
  };
  return { size: length(group), left: offsets("left"), right: offsets("right"), out: offsets("out") };
}

/** Parts of m and n for which packing, idle threads and ragged edges cost least. */
function partition(M: number, N: number, K: number, B: number, threads: number, tile: number) {
  let best = { mParts: 1, nParts: 1 };
  let least = Number.POSITIVE_INFINITY;
  const maxM = Math.ceil(M / tile);
  const maxN = Math.ceil(N / 8);
  for (let mParts = 1; mParts <= Math.min(maxM, threads * 2); mParts++) {
    for (let nParts = 1; nParts <= Math.min(maxN, threads * 2); nParts++) {
      const rows = Math.ceil(maxM / mParts) * tile;
      const columns = Math.ceil(maxN / nParts) * 8;
      const turns = Math.ceil((B * mParts * nParts) / threads);
      const cost = turns * (rows * columns + 4 * (rows + columns)) * K;
      if (cost < least * 0.999) {
        least = cost;
        best = { mParts, nParts };
      }
    }
  }
  return best;
}
