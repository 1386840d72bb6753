import { sizeOf } from "../../tensor/index.ts";
import { simplify } from "../axes.ts";
import type { ContractLaunch, View } from "../launch.ts";
import { type Extras, type KernelBuilder, loadWord } from "./kernel.ts";

/** A group of axes of the contraction, as each side walks it: by one stride, or by a table of offsets. */
export interface Group {
  readonly size: number;
  /** One stride per side; null when a table is needed. */
  readonly strides: readonly number[] | null;
  readonly tables: readonly Int32Array[];
}

/** A contraction with every group flattened. */
export interface Problem {
  readonly label: string;
  readonly a: View;
  readonly b: View;
  readonly out: View;
  readonly batch: Group;
  readonly m: Group;
  readonly n: Group;
  readonly k: Group;
}

export function flatten({ label, batch, m, n, k, a, b, out }: ContractLaunch): Problem {
  const r = batch.length;
  const part = (view: View, from: number, shape: readonly number[]) => view.strides.slice(from, from + shape.length);
  return {
    label,
    a,
    b,
    out,
    batch: group(batch, [part(a, 0, batch), part(b, 0, batch), part(out, 0, batch)]),
    m: group(m, [part(a, r, m), part(out, r, m)]),
    n: group(n, [part(b, r + k.length, n), part(out, r + m.length, n)]),
    k: group(k, [part(a, r + m.length, k), part(b, r, k)]),
  };
}

function group(shape: readonly number[], strides: readonly (readonly number[])[]): Group {
  const axes = simplify(shape, strides);
  const size = sizeOf(shape);
  if (axes.shape.length <= 1) return { size, strides: axes.steps.map((s) => s[0] ?? 0), tables: [] };
  return { size, strides: null, tables: axes.steps.map((s) => offsetTable(axes.shape, s)) };
}

/** Word offset of every coordinate of `shape`, in row-major order. */
function offsetTable(shape: readonly number[], strides: readonly number[]): Int32Array {
  let all = Int32Array.of(0);
  shape.forEach((size, axis) => {
    const next = new Int32Array(all.length * size);
    for (let i = 0; i < next.length; i++) {
      next[i] = (all[Math.floor(i / size)] as number) + (i % size) * (strides[axis] as number);
    }
    all = next;
  });
  return all;
}

/** out^T = b^T a^T. */
export function transposed({ a, b, m, n, k, batch, ...rest }: Problem): Problem {
  const swap = (g: Group, order: readonly number[]): Group => ({
    size: g.size,
    strides: g.strides ? order.map((i) => (g.strides as readonly number[])[i] as number) : null,
    tables: g.strides ? [] : order.map((i) => g.tables[i] as Int32Array),
  });
  return { ...rest, a: b, b: a, m: n, n: m, k: swap(k, [1, 0]), batch: swap(batch, [1, 0, 2]) };
}

/** Text of a group's offset at a position, for one side; binds the table when there is one. */
export type Offset = (position: string) => string;

function offsets(kernel: KernelBuilder, { strides, tables }: Group, side: number, extras: Extras): Offset {
  if (strides) {
    const stride = kernel.int(strides[side] as number);
    return (position) => `${position} * ${stride}`;
  }
  const { buffer, offset } = extras.table(tables[side] as Int32Array);
  const binding = kernel.bind(buffer, "i32");
  const start = kernel.int(offset);
  return (position) => loadWord(binding, `${start} + ${position}`, "i32");
}

/** Walks a group step by step inside a loop over `k`, in words or in vectors. */
export interface Walk {
  /** Before the loop. */
  readonly start: string;
  /** The offset of step `k + u`. */
  at(u: number): string;
  /** After each step. */
  readonly next: string;
}

/** `unit` is 4 where offsets are counted in vectors; the offsets are then multiples of 4. */
export function walkGroup(
  kernel: KernelBuilder,
  group: Group,
  side: number,
  unit: 1 | 4,
  name: string,
  extras: Extras,
): Walk {
  if (group.strides) {
    const stride = kernel.int((group.strides[side] as number) / unit);
    return { start: `var ${name} = kStart * ${stride};`, at: () => name, next: `${name} += ${stride};` };
  }
  const { buffer, offset } = extras.table((group.tables[side] as Int32Array).map((x) => x / unit));
  const binding = kernel.bind(buffer, "i32");
  const start = kernel.int(offset);
  return { start: "", at: (u) => loadWord(binding, `${start} + k + ${u}`, "i32"), next: "" };
}

/** Steps of k in one of `parts` parts: whole slices and vectors, so that parts begin where these do. */
const shareOf = (size: number, parts: number): number => Math.max(1, Math.ceil(size / parts / 16)) * 16;

/** The number of parts, at most `wanted`, so that none is empty. */
export const partsFor = (size: number, wanted: number): number => Math.max(1, Math.ceil(size / shareOf(size, wanted)));

/** Names common to all kernels: tile coordinates tm and tn, batch and part, the range of k and the base addresses. */
export function tileHead(
  kernel: KernelBuilder,
  problem: Problem,
  parts: number,
  tilesM: number,
  tilesN: number,
  number: string,
  extras: Extras,
) {
  const { batch, m, n, k, a, b, out } = problem;
  const tiles = tilesM * tilesN * batch.size * parts;
  const [nName, mName, batchName] = [kernel.int(tilesN), kernel.int(tilesM), kernel.int(batch.size)];
  const at = {
    aM: offsets(kernel, m, 0, extras),
    aK: offsets(kernel, k, 0, extras),
    bK: offsets(kernel, k, 1, extras),
    bN: offsets(kernel, n, 0, extras),
    outM: offsets(kernel, m, 1, extras),
    outN: offsets(kernel, n, 1, extras),
  };
  const [aB, bB, outB] = [0, 1, 2].map((side) => offsets(kernel, batch, side, extras)) as [Offset, Offset, Offset];
  const share = kernel.int(shareOf(k.size, parts));
  const outputs = kernel.int(parts === 1 ? 0 : batch.size * m.size * n.size);
  const head = [
    `if (${number} >= ${kernel.int(tiles)}) { return; }`,
    `let above = ${number} / ${nName};`,
    `let tn = ${number} - above * ${nName};`,
    `let higher = above / ${mName};`,
    `let tm = above - higher * ${mName};`,
    `let part = higher / ${batchName};`,
    `let batch = higher - part * ${batchName};`,
    `let kStart = part * ${share};`,
    `let kEnd = min(kStart + ${share}, ${kernel.int(k.size)});`,
    `let baseA = ${kernel.int(a.offset)} + ${aB("batch")};`,
    `let baseB = ${kernel.int(b.offset)} + ${bB("batch")};`,
    `let baseOut = ${kernel.int(out.offset)} + ${outB("batch")} + part * ${outputs};`,
  ];
  return { head, at, tiles };
}

/** Whether one side can be read in aligned vectors along a group: unit stride there, multiples of 4 elsewhere. */
export function isVectorAlong(
  view: View,
  along: Group,
  alongSide: number,
  others: readonly [Group, number][],
): boolean {
  return (
    along.strides?.[alongSide] === 1 &&
    along.size % 4 === 0 &&
    view.offset % 4 === 0 &&
    others.every(
      ([g, side]) =>
        g.size === 1 || (g.strides ? (g.strides[side] as number) % 4 === 0 : g.tables[side]?.every((o) => o % 4 === 0)),
    )
  );
}

export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
