import { ShapeError } from "../errors/index.ts";
import { num } from "../params/index.ts";
import { normal } from "../random/index.ts";
import { show } from "../tensor/index.ts";
import { defineInit } from "./definition.ts";

export const orthogonal = defineInit({
  summary: "Orthonormal rows, or columns where there are fewer; [out, rest...] counts as [out, rest].",
  paper: "Saxe, McClelland & Ganguli 2014, arXiv:1312.6120",
  rule: ["w w^T = gain^2 I   (or w^T w, where there are more rows than columns)"],
  params: { gain: num(1, "(0, inf)", "Factor; init.gain knows those of nonlinearities.") },
  sample: ({ shape, size, seed, stream }, { gain }) => {
    const [rows = 0] = shape;
    if (shape.length < 2) throw new ShapeError(`orthogonal: ${show(shape)} has no rows and columns; it takes two axes`);
    const columns = size / rows;
    const vectors = Math.min(rows, columns);
    const length = Math.max(rows, columns);
    const q = orthonormal(Float64Array.from(normal(seed, stream, size)), vectors, length);
    const wide = rows <= columns;
    return Float32Array.from({ length: size }, (_, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      return gain * (q[wide ? row * length + column : column * length + row] as number);
    });
  },
});

/**
 * `vectors` rows of `length` made orthonormal in place, by Gram-Schmidt, each twice: once loses digits. Rows of normal
 * numbers become uniform over all orthonormal sets, with no sign to mend as after Householder's QR.
 */
function orthonormal(rows: Float64Array, vectors: number, length: number): Float64Array {
  for (let v = 0; v < vectors; v++) {
    const row = rows.subarray(v * length, (v + 1) * length);
    for (let twice = 0; twice < 2; twice++) {
      for (let u = 0; u < v; u++) {
        const other = rows.subarray(u * length, (u + 1) * length);
        const along = dot(row, other);
        for (let i = 0; i < length; i++) row[i] = (row[i] as number) - along * (other[i] as number);
      }
      const norm = Math.sqrt(dot(row, row));
      for (let i = 0; i < length; i++) row[i] = (row[i] as number) / norm;
    }
  }
  return rows;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
