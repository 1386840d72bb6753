import { WORD_BYTES } from "../../tensor/index.ts";
import { simplify } from "../axes.ts";
import type { ContractLaunch } from "../launch.ts";
import type { Place } from "./cursors.ts";
import { type Descriptor, IN_PLACE, kStepOf, type Tile } from "./gemm.ts";

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
const PARALLEL_WORK = 160_000;
/** Rows, or columns, that stay in one matrix when outer axes are turned into batch axes. */
const MIN_LENGTH = 128;

/**
 * Chooses which operand is the rows', whether one of them is read where it lies, and how the work is divided among
 * threads; merges axes and makes the tables.
 */
export function lowerContract(launch: ContractLaunch, threads: number, tile: Tile): GemmCall {
  const groups = groupsOf(launch);
  const work = length(groups.batch) * length(groups.m) * length(groups.n) * length(groups.k);
  const parallel = threads > 1 && work > PARALLEL_WORK;
  const ways = [false, true].flatMap((swap) => waysOf(sidesOf(groups, swap), swap, tile, parallel ? threads : 1));
  const { sides, swap, inPlace, mParts, nParts } = ways.reduce((best, way) => (way.cycles < best.cycles ? way : best));
  const { m, n } = sides;
  const [batch, rows, columns, depth] = [table(sides.batch), table(m), table(n), table(sides.k)];
  const [M, N, K, B] = [rows.size, columns.size, depth.size, batch.size];
  const step = (size: number, parts: number, quantum: number) => Math.ceil(size / parts / quantum) * quantum;
  const mStep = step(M, mParts, tile.rows);
  const nStep = step(N, nParts, tile.columns);
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
      aBatch: batch.left,
      bBatch: batch.right,
      outBatch: batch.out,
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
      outNested: isNested(m) && isNested(n) ? 1 : 0,
      inPlace,
    },
    parallel,
  };
}

const length = (group: Group) => group.reduce((n, axis) => n * axis.length, 1);

/** Whether offsets in out ascend, and every axis steps over all of those after it. */
const isNested = (group: Group) =>
  group.every(({ out }, i) => {
    const next = group[i + 1];
    return next ? out >= next.out * next.length : out > 0;
  });

type Sides = Readonly<Record<"batch" | "m" | "n" | "k", Group>>;

/** The groups with a's axes as rows, or b's. Long outer axes (the images of a convolution) are better batches: shorter
 * tables, more units for the threads. */
function sidesOf({ batch, m, n, k }: Sides, swap: boolean): Sides {
  const sided = (group: Group): Group => (swap ? group.map((x) => ({ ...x, left: x.right, right: x.left })) : group);
  const outer: Group[number][] = [];
  const inner = (group: Group): Group => {
    const [first, ...others] = group;
    if (!first || others.length === 0 || length(others) < MIN_LENGTH) return group;
    outer.push(first);
    return inner(others);
  };
  const [rows, columns] = swap ? [n, m] : [m, n];
  const sides = { m: inner(sided(rows)), n: inner(sided(columns)), k: sided(k) };
  return { ...sides, batch: [...sided(batch), ...outer] };
}

interface Way {
  readonly sides: Sides;
  readonly swap: boolean;
  readonly inPlace: number;
  readonly mParts: number;
  readonly nParts: number;
  /** What it takes, about, in cycles of the slowest thread. */
  readonly cycles: number;
}

/** Cycles that packing takes per word: where words of the packed axis follow each other, those of k do, or neither. */
const PACKING = { along: 0.35, across: 0.6, scattered: 1.5 };
/** Cycles that a word of out takes per time it is written: in runs along columns, along rows, or by itself. */
const WRITING = { along: 0.3, across: 1, scattered: 3 };
/** How much longer products take whose operand is read in place: near words of a, far ones, and words of b. */
const IN_PLACE_COST = { near: 1.05, far: 1.25, b: 1.05 };
/** Cycles around a tile's products. */
const TILE_COST = 30;
/** Rows of a tile below which its sums wait for each other. */
const MIN_HEIGHT = 4;

/** Ways to do a contraction with these sides, and what they cost. */
function waysOf(sides: Sides, swap: boolean, tile: Tile, threads: number): Way[] {
  const { batch, m, n, k } = sides;
  const [M, N, K, B] = [m, n, k, batch].map(length) as [number, number, number, number];
  const runs = (group: Group, of: "left" | "right" | "out") => {
    const last = group.at(-1);
    return last !== undefined && last[of] === 1 && last.length >= 4;
  };
  const packing = (group: Group, of: "left" | "right") =>
    runs(group, of) ? PACKING.along : runs(k, of) ? PACKING.across : PACKING.scattered;
  const writing = runs(n, "out") ? WRITING.along : runs(m, "out") ? WRITING.across : WRITING.scattered;
  const chunks = Math.ceil(K / kStepOf(K));
  // packed once for all batches where those have the operand in common
  const packsA = chunks > 1 || batch.some((axis) => axis.left !== 0) ? B : 1;
  const packsB = chunks > 1 || batch.some((axis) => axis.right !== 0) ? B : 1;
  const near = K === 1 || k.at(-1)?.left === 1;
  const lies = runs(n, "right")
    ? (tile.columns * Math.floor((n.at(-1) as Group[number]).length / tile.columns)) /
      (n.at(-1) as Group[number]).length
    : 0;

  const ways: Way[] = [];
  const [maxM, maxN] = [Math.ceil(M / tile.rows), Math.ceil(N / tile.columns)];
  const most = threads === 1 ? 1 : threads * 4;
  for (let mParts = 1; mParts <= Math.min(maxM, most); mParts++) {
    for (let nParts = 1; nParts <= Math.min(maxN, most / mParts); nParts++) {
      const rows = Math.min(Math.ceil(maxM / mParts) * tile.rows, M);
      const panels = Math.ceil(maxN / nParts);
      const columns = Math.min(panels * tile.columns, N);
      const turns = Math.ceil((B * mParts * nParts) / threads);
      const tiles = Math.ceil(rows / tile.rows);
      const products = panels * tiles * Math.max(rows / tiles, MIN_HEIGHT) * K;
      const edges = panels * tiles * chunks * TILE_COST + rows * columns * chunks * writing;
      const parts = mParts * nParts;
      const packA = rows * K * packing(m, "left") * (parts > 1 ? turns : Math.min(packsA, turns));
      const packB = columns * K * packing(n, "right") * (parts > 1 ? turns : Math.min(packsB, turns));
      const all = (factor: number, packed: number) => turns * (products * factor + edges) + packed;
      ways.push(
        { sides, swap, mParts, nParts, inPlace: IN_PLACE.neither, cycles: all(1, packA + packB) },
        {
          sides,
          swap,
          mParts,
          nParts,
          inPlace: IN_PLACE.a,
          cycles: all(near ? IN_PLACE_COST.near : IN_PLACE_COST.far, packB),
        },
      );
      if (lies > 0)
        ways.push({
          sides,
          swap,
          mParts,
          nParts,
          inPlace: IN_PLACE.b,
          cycles: all(IN_PLACE_COST.b, packA + packB * (1 - lies)),
        });
    }
  }
  return ways;
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
