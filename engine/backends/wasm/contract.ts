import { WORD_BYTES } from "../../tensor/index.ts";
import { simplify } from "../axes.ts";
import type { ContractLaunch } from "../launch.ts";
import type { Place } from "./cursors.ts";
import { type Descriptor, kStepOf, type Tile } from "./gemm.ts";
import { bestWay, type Group, length } from "./ways.ts";

/** A contraction as gemm.ts wants it: descriptor fields that are numbers, those that are tables, and the buffers. */
export interface GemmCall {
  readonly places: { readonly a: Place; readonly b: Place; readonly out: Place };
  readonly tables: Readonly<
    Record<"aM" | "outM" | "bN" | "outN" | "aK" | "bK" | "aBatch" | "bBatch" | "outBatch", Int32Array>
  >;
  readonly fields: Omit<Descriptor, keyof GemmCall["tables"] | keyof GemmCall["places"] | "workspace" | "queues">;
  readonly parallel: boolean;
  /** Whether threads that are done take units of others. */
  readonly shared: boolean;
}

/** Multiply-adds below which a contraction stays on one thread: about three microseconds. */
const PARALLEL_WORK = 160_000;
/**
 * Chooses which operand is the rows', whether one of them is read where it lies, and how the work is divided among
 * threads; merges axes and makes the tables.
 */
export function lowerContract(launch: ContractLaunch, threads: number, tile: Tile): GemmCall {
  const groups = groupsOf(launch);
  const work = length(groups.batch) * length(groups.m) * length(groups.n) * length(groups.k);
  const parallel = threads > 1 && work > PARALLEL_WORK;
  const { sides, swap, inPlace, mParts, nParts } = bestWay(groups, tile, parallel ? threads : 1);
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
    shared: parallel && B * mUsed * nUsed > threads,
  };
}

/** Whether offsets in out ascend, and every axis steps over all of those after it. */
const isNested = (group: Group) =>
  group.every(({ out }, i) => {
    const next = group[i + 1];
    return next ? out >= next.out * next.length : out > 0;
  });

/** The groups of a launch, simplified; m and n in the order of out. */
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
