import { type Extras, type Kernel, KernelBuilder, loadVector, loadWord, storeVector, storeWord } from "./kernel.ts";
import { isVectorAlong, type Problem, range, tileHead, transposed, walkGroup } from "./problem.ts";

const WORKGROUP = 16;

/** Rows of 8 outputs that an invocation keeps in registers, and whether sides are read in vectors along k too. */
export interface RegisterTile {
  readonly rows: 8 | 16;
  readonly deep: boolean;
}

/**
 * The product for CPUs: each invocation keeps a tile of outputs in registers, as vectors along n, and reads both
 * sides from memory, without workgroup memory. Each side is read in aligned vectors along m or n where it has them, with
 * `deep` also along k (b is then turned in registers), else word by word. The bits are the same either way.
 */
export function registerKernel(
  problem: Problem,
  tile: RegisterTile,
  parts: number,
  scalarWords: number,
  extras: Extras,
): Kernel {
  const { batch, m, n, k, a, b, out } = problem;
  const { deep } = tile;
  if (n.size === 1 && m.size > 1) return registerKernel(transposed(problem), tile, parts, scalarWords, extras);
  const R = range(m.size > 8 ? tile.rows : m.size > 4 ? 8 : m.size > 1 ? 4 : 1);
  const Q = range(n.size > 4 ? 2 : 1);
  const aAlongK =
    deep &&
    isVectorAlong(a, k, 0, [
      [m, 0],
      [batch, 0],
    ]);
  const aAlongM =
    m.size % R.length === 0 &&
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
    deep &&
    isVectorAlong(b, k, 1, [
      [n, 0],
      [batch, 1],
    ]);
  const outAlongN = isVectorAlong(out, n, 1, [
    [m, 1],
    [batch, 2],
  ]);
  const depth = aAlongK || bAlongK ? 4 : 1;

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

  // where the tile's rows and columns begin, in words or vectors; those outside of the matrix read the last one instead
  const aVectorRows = aAlongM && !aAlongK;
  const quarter = (address: string, isQuarter: boolean) => (isQuarter ? `(${address}) / 4` : address);
  if (aVectorRows) body.push(`let ar = ${quarter("baseA + row", true)};`);
  else
    body.push(...R.map((i) => `let ar${i} = ${quarter(`baseA + ${at.aM(`min(row + ${i}, ${lastRow})`)}`, aAlongK)};`));
  if (bAlongN) {
    body.push(...Q.map((q) => `let bc${q} = ${quarter(`baseB + min(column + ${q * 4}, ${lastVector})`, true)};`));
  } else {
    const columns = range(4 * Q.length);
    body.push(
      ...columns.map(
        (j) => `let bc${j} = ${quarter(`baseB + ${at.bN(`min(column + ${j}, ${lastColumn})`)}`, bAlongK)};`,
      ),
    );
  }
  body.push(...R.flatMap((i) => Q.map((q) => `var s${i}_${q} = vec4f(0);`)));

  const ka = walkGroup(kernel, k, 0, aVectorRows ? 4 : 1, "ka", extras);
  const kb = walkGroup(kernel, k, 1, bAlongN ? 4 : 1, "kb", extras);
  body.push(ka.start, kb.start, "var kVector = kStart / 4;", `for (var k = kStart; k < kEnd; k += ${depth}) {`);
  if (aAlongK) body.push(...R.map((i) => `let ak${i} = ${loadVector(A, `ar${i} + kVector`, "f32")};`));
  if (bAlongK)
    body.push(...range(4 * Q.length).map((j) => `let bk${j} = ${loadVector(B, `bc${j} + kVector`, "f32")};`));
  for (const u of range(depth)) {
    body.push("{");
    if (!aAlongK) body.push(`let ua = ${ka.at(u)};`);
    if (!bAlongK) body.push(`let ub = ${kb.at(u)};`);
    if (aVectorRows)
      body.push(...range(R.length / 4).map((i) => `let am${i} = ${loadVector(A, `ar + ua + ${i}`, "f32")};`));
    for (const q of Q) {
      const quad = range(4).map((l) => 4 * q + l);
      if (bAlongN) body.push(`let y${q} = ${loadVector(B, `bc${q} + ub`, "f32")};`);
      else if (bAlongK) body.push(`let y${q} = vec4f(${quad.map((j) => `bk${j}[${u}]`).join(", ")});`);
      else body.push(`let y${q} = vec4f(${quad.map((j) => loadWord(B, `bc${j} + ub`, "f32")).join(", ")});`);
    }
    for (const i of R) {
      const word = aAlongK ? `ak${i}[${u}]` : aVectorRows ? `am${i >> 2}[${i & 3}]` : loadWord(A, `ar${i} + ua`, "f32");
      body.push(`let x${i} = vec4f(${word});`, ...Q.map((q) => `s${i}_${q} = fma(x${i}, y${q}, s${i}_${q});`));
    }
    if (!aAlongK) body.push(ka.next);
    if (!bAlongK) body.push(kb.next);
    body.push("}");
  }
  body.push("kVector += 1;", "}");

  // loops, for unrolled stores take long to compile
  const sums = R.flatMap((i) => Q.map((q) => `s${i}_${q}`));
  body.push(
    `var sums = array<vec4f, ${sums.length}>(${sums.join(", ")});`,
    `for (var i = 0; i < min(${R.length}, ${lastRow} - row + 1); i++) {`,
    `let to = baseOut + ${at.outM("(row + i)")};`,
  );
  if (outAlongN) {
    body.push(
      `for (var q = 0; q < min(${Q.length}, (${lastColumn} - column + 1) / 4); q++) {`,
      storeVector(C, "(to + column) / 4 + q", `sums[i * ${Q.length} + q]`, "f32"),
    );
  } else {
    body.push(
      `for (var j = 0; j < min(${4 * Q.length}, ${lastColumn} - column + 1); j++) {`,
      storeWord(C, `to + ${at.outN("(column + j)")}`, `sums[i * ${Q.length} + (j >> 2u)][j & 3]`, "f32"),
    );
  }
  body.push("}", "}");
  return kernel.finish({
    label: problem.label,
    body,
    workgroups: Math.ceil(tiles / WORKGROUP),
    workgroupSize: WORKGROUP,
    scalarWords,
  });
}
