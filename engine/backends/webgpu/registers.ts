import type { View } from "../launch.ts";
import { type Extras, type Kernel, KernelBuilder, loadVector, loadWord, storeVector, storeWord } from "./kernel.ts";
import { type Group, type Problem, range, tileHead, transposed } from "./problem.ts";

const WORKGROUP = 16;

/**
 * The product for CPUs: each invocation keeps up to 8 x 8 outputs in registers, as vectors along n, and reads both
 * sides from memory, without workgroup memory. Each side is read in aligned vectors along whichever direction has
 * them (b along k is turned in registers), else word by word.
 */
export function registerKernel(problem: Problem, parts: number, scalarWords: number, extras: Extras): Kernel {
  const { batch, m, n, k, a, b, out } = problem;
  if (n.size === 1 && m.size > 1) return registerKernel(transposed(problem), parts, scalarWords, extras);
  const evenParts = parts === 1 || Math.ceil(k.size / parts) % 4 === 0;
  const aAlongK =
    evenParts &&
    isVectorAlong(a, k, 0, [
      [m, 0],
      [batch, 0],
    ]);
  const aAlongM =
    m.size % 8 === 0 &&
    isVectorAlong(a, m, 0, [
      [k, 0],
      [batch, 0],
    ]);
  const bAlongN = isVectorAlong(b, n, 0, [
    [k, 1],
    [batch, 1],
  ]);
  const bAlongK =
    !bAlongN &&
    evenParts &&
    isVectorAlong(b, k, 1, [
      [n, 0],
      [batch, 1],
    ]);
  const outAlongN = isVectorAlong(out, n, 1, [
    [m, 1],
    [batch, 2],
  ]);
  const depth = aAlongK || bAlongK ? 4 : 1;
  const R = range(m.size > 4 ? 8 : m.size > 1 ? 4 : 1);
  const Q = range(n.size > 4 ? 2 : 1);

  const kernel = new KernelBuilder();
  const A = kernel.bind(a.buffer, "f32", { vector: aAlongK || aAlongM });
  const B = kernel.bind(b.buffer, "f32", { vector: bAlongN || bAlongK });
  const C = kernel.bind(out.buffer, "f32", { write: true, vector: outAlongN });
  const tilesM = Math.ceil(m.size / R.length);
  const tilesN = Math.ceil(n.size / (4 * Q.length));
  const { head, at, tiles } = tileHead(kernel, problem, parts, tilesM, tilesN, "id", extras);
  const lastRow = kernel.int(m.size - 1);
  const lastColumn = kernel.int(n.size - 1);
  const lastVector = kernel.int(n.size - 4);
  const body = [...head, `let row = tm * ${R.length};`, `let column = tn * ${4 * Q.length};`];

  // where the tile's rows and columns begin; those outside of the matrix read the last one instead
  const aVectorRows = aAlongM && !aAlongK;
  if (aVectorRows) body.push("let ar = baseA + row;");
  else body.push(...R.map((i) => `let ar${i} = baseA + ${at.aM(`min(row + ${i}, ${lastRow})`)};`));
  if (bAlongN) body.push(...Q.map((q) => `let bc${q} = baseB + min(column + ${q * 4}, ${lastVector});`));
  else
    body.push(...range(4 * Q.length).map((j) => `let bc${j} = baseB + ${at.bN(`min(column + ${j}, ${lastColumn})`)};`));
  body.push(...R.flatMap((i) => Q.map((q) => `var s${i}_${q} = vec4f(0);`)));

  body.push(`for (var k = kStart; k < kEnd; k += ${depth}) {`);
  if (aAlongK) body.push(...R.map((i) => `let ak${i} = ${loadVector(A, `ar${i} + k`, "f32")};`));
  if (bAlongK) body.push(...range(4 * Q.length).map((j) => `let bk${j} = ${loadVector(B, `bc${j} + k`, "f32")};`));
  for (const u of range(depth)) {
    body.push("{");
    if (!aAlongK) body.push(`let ka = ${at.aK(`(k + ${u})`)};`);
    if (!bAlongK) body.push(`let kb = ${at.bK(`(k + ${u})`)};`);
    if (aVectorRows)
      body.push(...range(R.length / 4).map((h) => `let am${h} = ${loadVector(A, `ar + ka + ${h * 4}`, "f32")};`));
    for (const q of Q) {
      const quad = range(4).map((l) => 4 * q + l);
      if (bAlongN) body.push(`let y${q} = ${loadVector(B, `bc${q} + kb`, "f32")};`);
      else if (bAlongK) body.push(`let y${q} = vec4f(${quad.map((j) => `bk${j}[${u}]`).join(", ")});`);
      else body.push(`let y${q} = vec4f(${quad.map((j) => loadWord(B, `bc${j} + kb`, "f32")).join(", ")});`);
    }
    for (const i of R) {
      const word = aAlongK ? `ak${i}[${u}]` : aVectorRows ? `am${i >> 2}[${i & 3}]` : loadWord(A, `ar${i} + ka`, "f32");
      body.push(`let x${i} = vec4f(${word});`, ...Q.map((q) => `s${i}_${q} = fma(x${i}, y${q}, s${i}_${q});`));
    }
    body.push("}");
  }
  body.push("}");

  for (const i of R) {
    body.push(`if (row + ${i} <= ${lastRow}) {`, `let to = baseOut + ${at.outM(`(row + ${i})`)};`);
    for (const q of Q) {
      const column = (l: number) => `column + ${q * 4 + l}`;
      if (outAlongN)
        body.push(`if (${column(0)} <= ${lastColumn}) { ${storeVector(C, `to + ${column(0)}`, `s${i}_${q}`, "f32")} }`);
      else {
        body.push(
          ...range(4).map(
            (l) =>
              `if (${column(l)} <= ${lastColumn}) { ${storeWord(C, `to + ${at.outN(`(${column(l)})`)}`, `s${i}_${q}[${l}]`, "f32")} }`,
          ),
        );
      }
    }
    body.push("}");
  }
  return kernel.finish({
    label: problem.label,
    body,
    workgroups: Math.ceil(tiles / WORKGROUP),
    workgroupSize: WORKGROUP,
    scalarWords,
  });
}

/** Whether one side can be read in aligned vectors along a group: unit stride there, multiples of 4 elsewhere. */
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
