import { describe, expect, test } from "vitest";
import { symmetricEigen } from "../../../engine/linalg/index.ts";
import { normal } from "../../../engine/random/index.ts";

/** B^T B of n + 5 rows of noise, each column of its own scale. */
function covariance(n: number, scale: (column: number) => number): Float64Array[] {
  const rows = n + 5;
  const noise = normal(n, 1, rows * n);
  const b = (r: number, c: number) => (noise[r * n + c] as number) * scale(c);
  return Array.from({ length: n }, (_, i) =>
    Float64Array.from({ length: n }, (_, j) => {
      let sum = 0;
      for (let r = 0; r < rows; r++) sum += b(r, i) * b(r, j);
      return sum;
    }),
  );
}

describe.each([1, 2, 7, 64, 128, 129, 200])("the eigenvectors of a matrix of %i rows", (n) => {
  const matrix = covariance(n, () => 1);
  const { values, vectors } = symmetricEigen(matrix);

  test("are taken to their multiples by the matrix", () => {
    const largest = values.at(-1) as number;
    for (const [k, v] of vectors.entries()) {
      const product = matrix.map((row) => row.reduce((sum, x, j) => sum + x * (v[j] as number), 0));
      expect(product).toBeAllclose(
        v.map((x) => x * (values[k] as number)),
        { rtol: 0, atol: 1e-12 * largest },
      );
    }
  });

  test("are orthogonal and of length 1, their values ascending with the matrix's trace as their sum", () => {
    for (const [i, a] of vectors.entries())
      for (const [j, b] of vectors.entries())
        expect(a.reduce((sum, x, k) => sum + x * (b[k] as number), 0)).toBeCloseTo(i === j ? 1 : 0, 12);
    expect([...values]).toEqual([...values].sort((a, b) => a - b));
    expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(
      matrix.reduce((sum, row, i) => sum + (row[i] as number), 0),
      7,
    );
  });
});

test("small eigenvalues of a badly scaled covariance have as many digits as large ones", () => {
  // of [[a a, a b / 2], [a b / 2, b b]]: the product is (3 / 4) a^2 b^2, and the larger one a^2 to 26 digits
  const [a, b] = [1e7, 1e-6];
  const { values } = symmetricEigen([
    [a * a, (a * b) / 2],
    [(a * b) / 2, b * b],
  ]);
  expect([values[0] as number]).toBeAllclose([0.75 * b * b], { rtol: 1e-12 });
});

test("zero rows and equal eigenvalues are no matter", () => {
  expect([
    ...symmetricEigen([
      [0, 0, 0],
      [0, 2, 0],
      [0, 0, 2],
    ]).values,
  ]).toEqual([0, 2, 2]);
  expect([
    ...symmetricEigen([
      [0, 1],
      [1, 0],
    ]).values,
  ]).toBeAllclose([-1, 1]);
});
