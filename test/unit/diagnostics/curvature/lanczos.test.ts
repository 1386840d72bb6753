import { describe, expect, test } from "vitest";
import { densityOf } from "../../../../engine/diagnostics/curvature/density.ts";
import { Lanczos, powerIteration } from "../../../../engine/diagnostics/curvature/lanczos.ts";
import { dot, length, plus, scaled, type Vector } from "../../../../engine/diagnostics/curvature/vectors.ts";
import { symmetricEigen, tridiagonalEigen } from "../../../../engine/linalg/index.ts";
import { normal } from "../../../../engine/random/index.ts";

/** A symmetric matrix with these eigenvalues: turned by reflections at random vectors. */
function matrixOf(values: readonly number[]): Float64Array[] {
  const n = values.length;
  let a: Float64Array[] = values.map((x, i) => Float64Array.from({ length: n }, (_, j) => (i === j ? x : 0)));
  for (let k = 0; k < 3; k++) {
    const raw = Float64Array.from(normal(7, k, n));
    const u = scaled(raw, 1 / length(raw));
    const h = Array.from({ length: n }, (_, i) =>
      Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0) - 2 * (u[i] as number) * (u[j] as number)),
    );
    a = times(times(h, a), h);
  }
  return a;
}

const times = (a: readonly Float64Array[], b: readonly Float64Array[]): Float64Array[] =>
  a.map((row) =>
    Float64Array.from({ length: b.length }, (_, j) =>
      row.reduce((s, x, k) => s + x * ((b[k] as Float64Array)[j] as number), 0),
    ),
  );

const values = [-3, -0.5, ...Array.from({ length: 44 }, (_, i) => i / 50), 5, 5.5, 9, 40];
const matrix = matrixOf(values);
const product = async (v: Vector) => Float64Array.from(matrix, (row) => dot(row, v));
const start = normal(1, 2, values.length);

async function space(steps: number): Promise<Lanczos> {
  const made = new Lanczos(product, start);
  while (made.size < steps && !made.exhausted) await made.step();
  return made;
}

describe("Lanczos", () => {
  test("finds both ends of a spectrum long before the whole, with vectors that are eigenvectors", async () => {
    const found = await space(25);
    const top = found.values.slice(-4);
    expect(top.map(({ value }) => value)).toBeAllclose([5, 5.5, 9, 40], { rtol: 1e-4 });
    expect(found.values[0]?.value).toBeCloseTo(-3, 4);
    const v = found.vector(found.size - 1);
    expect(length(plus(await product(v), v, -40))).toBeLessThan(1e-3);
  });

  test("an eigenvalue lies within its error of the true one, also before it has settled", async () => {
    for (const steps of [4, 8, 12, 20]) {
      for (const { value, error } of (await space(steps)).values) {
        const nearest = Math.min(...values.map((x) => Math.abs(x - value)));
        expect(nearest).toBeLessThanOrEqual(error + 1e-4); // the basis is kept in f32
      }
    }
  });

  test("ends when the space is exhausted", async () => {
    const few = matrixOf([2, 2, 2, 7, 7, 1]);
    const made = new Lanczos(async (v) => Float64Array.from(few, (row) => dot(row, v)), normal(1, 1, 6));
    while (!made.exhausted) await made.step();
    expect(made.values.map(({ value }) => value)).toBeAllclose([1, 2, 7], { rtol: 1e-5 });
  });

  test("the density's integral is 1 and its mean is that of the eigenvalues along the start", async () => {
    const found = await space(values.length);
    const { value, density } = densityOf([found]);
    const step = (value[1] as number) - (value[0] as number);
    expect(density.reduce((a, b) => a + b * step, 0)).toBeCloseTo(1, 2);
    const unit = scaled(start, 1 / length(start));
    const mean = density.reduce((sum, d, i) => sum + d * step * (value[i] as number), 0);
    expect(mean).toBeCloseTo(dot(unit, await product(unit)), 1);
  });
});

test("power iteration gives the eigenvalue of largest magnitude and its Rayleigh quotients", async () => {
  const found = await powerIteration(product, start, { iterations: 60, tolerance: 1e-6 });
  expect(found.value).toBeCloseTo(40, 4);
  const unit = scaled(start, 1 / length(start));
  expect(found.rayleigh[0]).toBeCloseTo(dot(unit, await product(unit)), 8);
});

test("eigenvalues of dense and tridiagonal matrices are those that they were made of", () => {
  expect(symmetricEigen(matrix).values).toBeAllclose(
    [...values].sort((a, b) => a - b),
    { rtol: 1e-10, atol: 1e-10 },
  );
  // -1, 2, -1: 2 - 2 cos(k pi / (n + 1))
  const n = 30;
  const { values: found, vectors } = tridiagonalEigen(new Array(n).fill(2), new Array(n - 1).fill(-1));
  expect(found).toBeAllclose(
    Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1))),
    { rtol: 1e-12 },
  );
  for (const [k, v] of vectors.entries()) {
    const image = Float64Array.from(v, (x, i) => 2 * x - (v[i - 1] ?? 0) - (v[i + 1] ?? 0));
    expect(image).toBeAllclose(scaled(v, found[k] as number), { atol: 1e-12 });
  }
});
