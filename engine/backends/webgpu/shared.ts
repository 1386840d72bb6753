import { type Extras, type Kernel, KernelBuilder, loadWord, storeWord } from "./kernel.ts";
import { type Offset, type Problem, range, tileHead } from "./problem.ts";

/**
 * For GPUs: a workgroup of 16 x 16 invocations makes 64 x 64 outputs, 4 x 4 each; slices of both sides, 16 deep, go
 * through workgroup memory, fetched along whichever direction is contiguous.
 */
export function sharedKernel(problem: Problem, parts: number, scalarWords: number, extras: Extras): Kernel {
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
