import { sizeOf } from "../../tensor/index.ts";
import type { ContractLaunch, ReduceLaunch, View } from "../launch.ts";
import { simplify } from "../wasm/axes.ts";
import {
  type Extras,
  type Kernel,
  KernelBuilder,
  loadVector,
  loadWord,
  storeVector,
  storeWord,
  type Target,
} from "./kernel.ts";
import { reduceKernels } from "./reduce.ts";

/** A group of axes of the contraction, as each side walks it: by one stride, or by a table of offsets. */
interface Group {
  readonly size: number;
  /** One stride per side; null when a table is needed. */
  readonly strides: readonly number[] | null;
  readonly tables: readonly Int32Array[];
}

/** A contraction with every group flattened. */
interface Problem {
  readonly label: string;
  readonly a: View;
  readonly b: View;
  readonly out: View;
  readonly batch: Group;
  readonly m: Group;
  readonly n: Group;
  readonly k: Group;
}

/** Multiply-adds of one output beyond which K is cut in parts, when there are too few outputs to keep the machine busy. */
const SPLIT = { cpu: { outputs: 1024, depth: 4096 }, gpu: { outputs: 16384, depth: 512 } };

export function contractKernels(launch: ContractLaunch, target: Target, scalarWords: number, extras: Extras): Kernel[] {
  const problem = flatten(launch);
  const outputs = problem.batch.size * problem.m.size * problem.n.size;
  if (outputs === 0) return [];
  const { outputs: few, depth } = SPLIT[target];
  const parts = outputs >= few ? 1 : Math.min(Math.ceil(problem.k.size / depth), Math.ceil(few / outputs), 256);
  const write = target === "gpu" ? writeShared : writeRegisters;
  if (parts <= 1) return [write(problem, 1, scalarWords, extras)];
  const scratch = extras.scratch(parts * outputs);
  const { batch, m, n } = problem;
  const packed = (size: number, stride: number): Group["strides"] => [size === 1 ? 0 : stride];
  const partial: Problem = {
    ...problem,
    out: { buffer: scratch, offset: 0, strides: [], dtype: "f32" },
    batch: withOut(batch, packed(batch.size, m.size * n.size)),
    m: withOut(m, packed(m.size, n.size)),
    n: withOut(n, packed(n.size, 1)),
  };
  return [
    write(partial, parts, scalarWords, extras),
    ...reduceKernels(sumOfParts(launch, scratch, parts), target, scalarWords, extras),
  ];
}

/** The same group with the output's stride (its last) replaced. */
function withOut(group: Group, out: Group["strides"]): Group {
  const stride = out?.[0] ?? 0;
  const strides = group.strides ? [...group.strides.slice(0, -1), stride] : null;
  const tables = group.strides
    ? []
    : [...group.tables.slice(0, -1), Int32Array.from({ length: group.size }, (_, i) => i * stride)];
  return { size: group.size, strides, tables };
}

function sumOfParts(launch: ContractLaunch, scratch: number, parts: number): ReduceLaunch {
  const outer = [...launch.batch, ...launch.m, ...launch.n];
  const strides = outer.map((_, i) => sizeOf(outer.slice(i + 1)));
  return {
    kind: "reduce",
    label: launch.label,
    outer,
    inner: [parts],
    views: [{ buffer: scratch, offset: 0, strides: [...strides, sizeOf(outer)], dtype: "f32" }],
    code: [{ op: "load", view: 0, dtype: "f32" }],
    accumulators: [{ fn: "sum", value: 0, dtype: "f32" }],
    epilogueViews: [],
    epilogue: [{ op: "acc", acc: 0, dtype: "f32" }],
    stores: [{ view: launch.out, value: 0 }],
  };
}

function flatten({ label, batch, m, n, k, a, b, out }: ContractLaunch): Problem {
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

/** Text of a group's offset at a position, for one side; binds the table when there is one. */
type Offset = (position: string) => string;

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

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Whether one side of a problem can be read in aligned vectors along a group: unit stride there, multiples of 4 elsewhere. */
function isVectorAlong(view: View, along: Group, alongSide: number, others: readonly [Group, number][]): boolean {
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

/**
 * For CPUs: each invocation keeps a tile of outputs in registers and reads both sides from memory, without workgroup
 * memory. Three inner loops, by how the sides lie:
 *   dots     both in vectors along k: 4 x 4 outputs, each four partial sums
 *   columns  b in vectors along n: 8 x 8 outputs as vectors
 *   words    anything else, convolutions too: 4 x 4 outputs, word by word
 */
function writeRegisters(problem: Problem, parts: number, scalarWords: number, extras: Extras): Kernel {
  const { batch, m, n, k, a, b, out } = problem;
  const evenParts = parts === 1 || Math.ceil(k.size / parts) % 4 === 0;
  const aAlongK =
    isVectorAlong(a, k, 0, [
      [m, 0],
      [batch, 0],
    ]) && evenParts;
  const aAlongM = isVectorAlong(a, m, 0, [
    [k, 0],
    [batch, 0],
  ]);
  const bAlongK =
    isVectorAlong(b, k, 1, [
      [n, 0],
      [batch, 1],
    ]) && evenParts;
  const bAlongN = isVectorAlong(b, n, 0, [
    [k, 1],
    [batch, 1],
  ]);
  const outAlongN = isVectorAlong(out, n, 1, [
    [m, 1],
    [batch, 2],
  ]);
  if (!bAlongN && aAlongM) return writeRegisters(transposed(problem), parts, scalarWords, extras);
  const style = bAlongN ? "columns" : aAlongK && bAlongK ? "dots" : "words";
  const vectorStore = style === "columns" && outAlongN;
  const [rows, columns] = style === "columns" ? [8, 8] : [4, 4];
  const kernel = new KernelBuilder();
  const aVectors = style === "dots" || (style === "columns" && (aAlongK || (aAlongM && m.size % 8 === 0)));
  const A = kernel.bind(a.buffer, "f32", { vector: aVectors });
  const B = kernel.bind(b.buffer, "f32", { vector: style !== "words" });
  const C = kernel.bind(out.buffer, "f32", { write: true, vector: vectorStore });
  const tilesM = Math.ceil(m.size / rows);
  const tilesN = Math.ceil(n.size / columns);
  const { head, at, tiles } = tileHead(kernel, problem, parts, tilesM, tilesN, "id", extras);
  const body = [...head, `let row = tm * ${rows};`, `let column = tn * ${columns};`];
  const R = range(rows);
  const lastRow = kernel.int(m.size - 1);
  const lastColumn = kernel.int(n.size - 1);
  const aRow = (i: number) => `baseA + ${at.aM(`min(row + ${i}, ${lastRow})`)}`;
  const bColumn = (j: number) => `baseB + ${at.bN(`min(column + ${j}, ${lastColumn})`)}`;
  if (style === "columns") {
    const Q = [0, 1];
    const lastVector = kernel.int(n.size - 4);
    const along = aVectors && !aAlongK;
    body.push(...Q.map((q) => `let bc${q} = baseB + min(column + ${q * 4}, ${lastVector});`));
    if (along) body.push("let ar = baseA + row;");
    else body.push(...R.map((i) => `let ar${i} = ${aRow(i)};`));
    body.push(...R.flatMap((i) => Q.map((q) => `var s${i}_${q} = vec4f(0);`)));
    const step = (position: string, aOf: (i: number) => string) => [
      `let kb = ${at.bK(position)};`,
      ...Q.map((q) => `let b${q}x = ${loadVector(B, `bc${q} + kb`, "f32")};`),
      ...R.flatMap((i) => [
        `let x${i} = vec4f(${aOf(i)});`,
        ...Q.map((q) => `s${i}_${q} = fma(x${i}, b${q}x, s${i}_${q});`),
      ]),
    ];
    if (along) {
      body.push(
        "for (var k = kStart; k < kEnd; k++) {",
        `let ka = ${at.aK("k")};`,
        ...[0, 1].map((h) => `let a${h}x = ${loadVector(A, `ar + ka + ${h * 4}`, "f32")};`),
        ...step("k", (i) => `a${i >> 2}x[${i & 3}]`),
        "}",
      );
    } else if (aVectors) {
      body.push(
        "for (var k = kStart; k < kEnd; k += 4) {",
        ...R.map((i) => `let a${i}x = ${loadVector(A, `ar${i} + k`, "f32")};`),
        ...range(4).flatMap((u) => ["{", ...step(`(k + ${u})`, (i) => `a${i}x[${u}]`), "}"]),
        "}",
      );
    } else {
      body.push(
        "for (var k = kStart; k < kEnd; k++) {",
        `let ka = ${at.aK("k")};`,
        ...step("k", (i) => loadWord(A, `ar${i} + ka`, "f32")),
        "}",
      );
    }
    for (const i of R) {
      body.push(`if (row + ${i} <= ${lastRow}) {`, `let to = baseOut + ${at.outM(`(row + ${i})`)};`);
      for (const q of Q) {
        body.push(`if (column + ${q * 4} <= ${lastColumn}) {`);
        if (vectorStore) body.push(storeVector(C, `to + column + ${q * 4}`, `s${i}_${q}`, "f32"));
        else
          body.push(
            ...range(4).map((l) =>
              storeWord(C, `to + ${at.outN(`(column + ${q * 4 + l})`)}`, `s${i}_${q}[${l}]`, "f32"),
            ),
          );
        body.push("}");
      }
      body.push("}");
    }
  } else {
    const zero = style === "dots" ? "vec4f(0)" : "0.0";
    const cells = R.flatMap((i) => R.map((j) => [i, j] as const));
    body.push(...R.map((i) => `let ar${i} = ${aRow(i)};`), ...R.map((j) => `let bc${j} = ${bColumn(j)};`));
    body.push(...cells.map(([i, j]) => `var s${i}_${j} = ${zero};`));
    if (style === "dots") {
      body.push(
        "for (var k = kStart; k < kEnd; k += 4) {",
        ...R.map((i) => `let x${i} = ${loadVector(A, `ar${i} + k`, "f32")};`),
        ...R.map((j) => `let y${j} = ${loadVector(B, `bc${j} + k`, "f32")};`),
      );
    } else {
      body.push(
        "for (var k = kStart; k < kEnd; k++) {",
        `let ka = ${at.aK("k")};`,
        `let kb = ${at.bK("k")};`,
        ...R.map((i) => `let x${i} = ${loadWord(A, `ar${i} + ka`, "f32")};`),
        ...R.map((j) => `let y${j} = ${loadWord(B, `bc${j} + kb`, "f32")};`),
      );
    }
    body.push(...cells.map(([i, j]) => `s${i}_${j} = fma(x${i}, y${j}, s${i}_${j});`), "}");
    for (const i of R) {
      body.push(`if (row + ${i} <= ${lastRow}) {`, `let to = baseOut + ${at.outM(`(row + ${i})`)};`);
      for (const j of R) {
        const value = style === "dots" ? `(s${i}_${j}.x + s${i}_${j}.y) + (s${i}_${j}.z + s${i}_${j}.w)` : `s${i}_${j}`;
        body.push(
          `if (column + ${j} <= ${lastColumn}) {`,
          storeWord(C, `to + ${at.outN(`(column + ${j})`)}`, value, "f32"),
          "}",
        );
      }
      body.push("}");
    }
  }
  const workgroupSize = 16;
  return kernel.finish({
    label: problem.label,
    body,
    workgroups: Math.ceil(tiles / workgroupSize),
    workgroupSize,
    scalarWords,
  });
}

/** out^T = b^T a^T. */
function transposed({ a, b, m, n, k, batch, ...rest }: Problem): Problem {
  const swap = (g: Group, order: readonly number[]): Group => ({
    size: g.size,
    strides: g.strides ? order.map((i) => (g.strides as readonly number[])[i] as number) : null,
    tables: g.strides ? [] : order.map((i) => g.tables[i] as Int32Array),
  });
  return { ...rest, a: b, b: a, m: n, n: m, k: swap(k, [1, 0]), batch: swap(batch, [1, 0, 2]) };
}

/** Names common to all kernels: tile coordinates tm and tn, batch and part, the range of k and the base addresses. */
function tileHead(
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
  const share = kernel.int(Math.ceil(k.size / parts));
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

/**
 * For GPUs: a workgroup of 16 x 16 invocations makes 64 x 64 outputs, 4 x 4 each; slices of both sides, 16 deep, go
 * through workgroup memory, fetched along whichever direction is contiguous.
 */
function writeShared(problem: Problem, parts: number, scalarWords: number, extras: Extras): Kernel {
  const { m, n, k, a, b, out } = problem;
  const kernel = new KernelBuilder();
  const A = kernel.bind(a.buffer, "f32");
  const B = kernel.bind(b.buffer, "f32");
  const C = kernel.bind(out.buffer, "f32", { write: true });
  const { head, at, tiles } = tileHead(
    kernel,
    problem,
    parts,
    Math.ceil(m.size / 64),
    Math.ceil(n.size / 64),
    "group",
    extras,
  );
  const lastRow = kernel.int(m.size - 1);
  const lastColumn = kernel.int(n.size - 1);
  const lastK = "(kEnd - 1)";
  // position within a 64 x 16 slice: (x along m or n, y along k), neighbours in memory to neighbouring lanes
  const [kFirstA, kFirstB] = [k.strides?.[0] === 1, k.strides?.[1] === 1];
  const split = (kFirst: boolean) =>
    (kFirst ? ["(e >> 4u)", "(e & 15)"] : ["(e & 63)", "(e >> 6u)"]) as [string, string];
  const [ax, ay] = split(kFirstA);
  const [bx, by] = split(kFirstB);
  const R = range(4);
  const fetch = (
    side: string,
    binding: typeof A,
    x: string,
    y: string,
    first: string,
    last: string,
    base: string,
    along: Offset,
    deep: Offset,
  ) => [
    `{ let x = ${first} + ${x}; let y = k + ${y};`,
    `let word = ${loadWord(binding, `${base} + ${along(`min(x, ${last})`)} + ${deep(`min(y, ${lastK})`)}`, "f32")};`,
    `${side}[${y} * 16 + (${x} >> 2u)][${x} & 3] = select(0.0, word, (x <= ${last}) & (y < kEnd)); }`,
  ];
  const body = [
    ...head,
    "let row = tm * 64;",
    "let column = tn * 64;",
    "let lx = lane & 15;",
    "let ly = lane >> 4u;",
    ...R.map((i) => `var s${i} = vec4f(0);`),
    "for (var k = kStart; k < kEnd; k += 16) {",
    "for (var u = 0; u < 4; u++) {",
    "let e = lane + u * 256;",
    ...fetch("sliceA", A, ax, ay, "row", lastRow, "baseA", at.aM, at.aK),
    ...fetch("sliceB", B, bx, by, "column", lastColumn, "baseB", at.bN, at.bK),
    "}",
    "workgroupBarrier();",
    "for (var d = 0; d < 16; d++) {",
    "let x = sliceA[d * 16 + ly];",
    "let y = sliceB[d * 16 + lx];",
    ...R.map((i) => `s${i} = fma(vec4f(x[${i}]), y, s${i});`),
    "}",
    "workgroupBarrier();",
    "}",
    "let r = row + ly * 4;",
    "let c = column + lx * 4;",
    ...R.flatMap((i) => [
      `if (r + ${i} <= ${lastRow}) {`,
      `let to = baseOut + ${at.outM(`(r + ${i})`)};`,
      ...R.map(
        (j) =>
          `if (c + ${j} <= ${lastColumn}) { ${storeWord(C, `to + ${at.outN(`(c + ${j})`)}`, `s${i}[${j}]`, "f32")} }`,
      ),
      "}",
    ]),
  ];
  return kernel.finish({
    label: problem.label,
    body,
    workgroups: tiles,
    workgroupSize: 256,
    scalarWords,
    globals: ["var<workgroup> sliceA: array<vec4f, 256>;", "var<workgroup> sliceB: array<vec4f, 256>;"],
  });
}
