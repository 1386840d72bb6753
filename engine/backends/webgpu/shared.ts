import {
  type Binding,
  type Extras,
  type Kernel,
  KernelBuilder,
  loadVector,
  loadWord,
  storeVector,
  storeWord,
} from "./kernel.ts";
import { isVectorAlong, type Offset, type Problem, range, tileHead } from "./problem.ts";

/** A workgroup makes `m` x `n` outputs, each of its invocations `rows` x `columns` of them, over slices `k` deep. */
export interface SharedTile {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly rows: number;
  readonly columns: number;
}

/**
 * The product for GPUs: slices of both sides go through workgroup memory, as vectors along m and n. While a slice is
 * multiplied, the next one is on its way to registers. Sums are in order of k, so every tile gives the same bits.
 */
export function sharedKernel(
  given: Problem,
  tile: SharedTile,
  parts: number,
  scalarWords: number,
  extras: Extras,
): Kernel {
  const { batch, m, n, k, a, b, out } = given;
  const threads = (tile.m / tile.rows) * (tile.n / tile.columns);
  const aAlongM = isVectorAlong(a, m, 0, [
    [k, 0],
    [batch, 0],
  ]);
  const bAlongN = isVectorAlong(b, n, 1, [
    [k, 1],
    [batch, 1],
  ]);
  const outAlongN = isVectorAlong(out, n, 1, [
    [m, 1],
    [batch, 2],
  ]);
  const kernel = new KernelBuilder();
  const A = kernel.bind(a.buffer, "f32", { vector: aAlongM });
  const B = kernel.bind(b.buffer, "f32", { vector: bAlongN });
  const C = kernel.bind(out.buffer, "f32", { write: true, vector: outAlongN });
  const { head, at, tiles } = tileHead(
    kernel,
    given,
    parts,
    Math.ceil(m.size / tile.m),
    Math.ceil(n.size / tile.n),
    "group",
    extras,
  );
  const lastRow = kernel.int(m.size - 1);
  const lastColumn = kernel.int(n.size - 1);
  const sideA = fetching({
    kernel,
    name: "A",
    binding: A,
    size: tile.m,
    deep: tile.k,
    threads,
    first: "row",
    base: "baseA",
    length: m.size,
    along: at.aM,
    onK: at.aK,
    vector: aAlongM,
    kFirst: k.strides?.[0] === 1,
  });
  const sideB = fetching({
    kernel,
    name: "B",
    binding: B,
    size: tile.n,
    deep: tile.k,
    threads,
    first: "column",
    base: "baseB",
    length: n.size,
    along: at.bN,
    onK: at.bK,
    vector: bAlongN,
    kFirst: k.strides?.[1] === 1,
  });
  const fetch = ["if (k < kEnd) {", ...sideA.fetch, ...sideB.fetch, "}"];
  const R = range(tile.rows);
  const P = range(tile.rows / 4);
  const Q = range(tile.columns / 4);
  const lanesN = tile.n / tile.columns;
  const body = [
    ...head,
    `let row = tm * ${tile.m};`,
    `let column = tn * ${tile.n};`,
    `let lx = lane % ${lanesN};`,
    `let ly = lane / ${lanesN};`,
    ...R.flatMap((i) => Q.map((q) => `var s${i}_${q} = vec4f(0);`)),
    ...sideA.start,
    ...sideB.start,
    "var k = kStart;",
    ...fetch,
    "for (; k < kEnd; ) {",
    ...sideA.keep,
    ...sideB.keep,
    "workgroupBarrier();",
    `k += ${tile.k};`,
    ...fetch,
    `for (var d = 0; d < ${tile.k}; d++) {`,
    ...P.map((p) => `let x${p} = sliceA[d * ${sideA.stride} + ly + ${(p * tile.m) / tile.rows}];`),
    ...Q.map((q) => `let y${q} = sliceB[d * ${sideB.stride} + lx + ${q * lanesN}];`),
    ...R.flatMap((i) => Q.map((q) => `s${i}_${q} = fma(vec4f(x${i >> 2}[${i & 3}]), y${q}, s${i}_${q});`)),
    "}",
    "workgroupBarrier();",
    "}",
    ...R.flatMap((i) => [
      `{ let r = row + ly * 4 + ${(i >> 2) * ((tile.m / tile.rows) * 4) + (i & 3)};`,
      `if (r <= ${lastRow}) {`,
      `let to = baseOut + ${at.outM("r")};`,
      ...Q.flatMap((q) => {
        const c = `(column + lx * 4 + ${q * lanesN * 4})`;
        return outAlongN
          ? [`if (${c} <= ${lastColumn}) { ${storeVector(C, `(to + ${c}) / 4`, `s${i}_${q}`, "f32")} }`]
          : [
              `for (var j = 0; j < min(4, ${lastColumn} + 1 - ${c}); j++) {`,
              storeWord(C, `to + ${at.outN(`(${c} + j)`)}`, `s${i}_${q}[j]`, "f32"),
              "}",
            ];
      }),
      "} }",
    ]),
  ];
  return kernel.finish({
    label: given.label,
    body,
    workgroups: tiles,
    workgroupSize: threads,
    scalarWords,
    globals: [
      `var<workgroup> sliceA: array<vec4f, ${sideA.stride * tile.k}>;`,
      `var<workgroup> sliceB: array<vec4f, ${sideB.stride * tile.k}>;`,
    ],
  });
}

interface Side {
  readonly kernel: KernelBuilder;
  readonly name: string;
  readonly binding: Binding;
  /** Of the tile along m or n, and along k. */
  readonly size: number;
  readonly deep: number;
  readonly threads: number;
  /** Names of the tile's first row or column and of the address where the batch begins. */
  readonly first: string;
  readonly base: string;
  /** Rows or columns of the whole side. */
  readonly length: number;
  readonly along: Offset;
  readonly onK: Offset;
  /** Whether four rows or columns are one aligned vector. */
  readonly vector: boolean;
  /** Whether neighbours in memory are neighbours along k. */
  readonly kFirst: boolean;
}

/**
 * Text that brings one side's slice at `k` into registers (`fetch`) and from there into workgroup memory (`keep`), as
 * vectors of four rows or columns. Neighbours in memory go to neighbouring invocations. Rows beyond the last read the
 * last one, for nothing is stored of them; beyond the end of k zeros are read.
 */
function fetching(side: Side) {
  const { kernel, name, binding, size, deep, threads, first, base, length, along, onK, vector, kFirst } = side;
  const quads = size / 4;
  // vectors apart by one more than fit: invocations that go along k then write to different banks
  const stride = quads + 1;
  const items = range((quads * deep) / threads);
  const start: string[] = [];
  const fetch: string[] = [];
  const keep: string[] = [];
  const last = vector ? kernel.int(length - 4) : kernel.int(length - 1);
  for (const u of items) {
    const item = u === 0 ? "lane" : `(lane + ${u * threads})`;
    const id = `${name}${u}`;
    start.push(
      `let quad${id} = ${kFirst ? `${item} / ${deep}` : `${item} % ${quads}`};`,
      `let deep${id} = ${kFirst ? `${item} % ${deep}` : `${item} / ${quads}`};`,
      `var next${id} = vec4f(0);`,
    );
    const place = (i: number) => `min(${first} + quad${id} * 4 + ${i}, ${last})`;
    const count = vector ? 1 : 4;
    start.push(...range(count).map((i) => `let from${id}_${i} = ${base} + ${along(place(i))};`));
    const words = vector
      ? loadVector(binding, `(from${id}_0 + step) >> 2u`, "f32")
      : `vec4f(${range(4)
          .map((i) => loadWord(binding, `from${id}_${i} + step`, "f32"))
          .join(", ")})`;
    fetch.push(
      `{ let at = k + deep${id};`,
      `let step = ${onK("min(at, kEnd - 1)")};`,
      `next${id} = select(vec4f(0), ${words}, at < kEnd); }`,
    );
    keep.push(`slice${name}[deep${id} * ${stride} + quad${id}] = next${id};`);
  }
  return { start, fetch, keep, stride };
}
