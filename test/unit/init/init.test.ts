import { describe, expect, test } from "vitest";
import { fans, type Initializer, init, initializers, isInitializer, sample } from "../../../engine/init/index.ts";
import { normalBelow, normalQuantile } from "../../../engine/init/truncNormal.ts";

const given: Record<string, unknown> = { constant: 0.5, sparse: 0.3 };
const make = init as unknown as Record<string, (given?: unknown) => Initializer>;
const shapeOf = (name: string) => (name === "dirac" ? [16, 8, 3] : [40, 30]);
const draw = (i: Initializer, shape = [40, 30], seed = 1, stream = 0) => sample(i, { shape, seed, stream });

function moments(values: ArrayLike<number>) {
  const list = Array.from(values);
  const mean = list.reduce((a, b) => a + b, 0) / list.length;
  return { mean, std: Math.sqrt(list.reduce((a, b) => a + (b - mean) ** 2, 0) / list.length) };
}

describe.each(Object.keys(initializers))("%s", (name) => {
  const initializer = (make[name] as (given?: unknown) => Initializer)(given[name]);

  test("fills the shape with finite numbers, the same for the same seed and stream", () => {
    const shape = shapeOf(name);
    const values = draw(initializer, shape);
    expect(values.length).toBe(shape.reduce((a, b) => a * b));
    expect(values.every(Number.isFinite)).toBe(true);
    expect(draw(initializer, shape)).toEqual(values);
  });

  test("another stream or seed gives other numbers, where it draws any", () => {
    const shape = shapeOf(name);
    const values = draw(initializer, shape);
    const fixed = ["constant", "dirac", "eye", "ones", "zeros"].includes(name);
    expect(Object.is(draw(initializer, shape, 2).join() === values.join(), fixed)).toBe(true);
    expect(Object.is(draw(initializer, shape, 1, 1).join() === values.join(), fixed)).toBe(true);
  });

  test("is known as an initializer", () => expect(isInitializer(initializer)).toBe(true));
});

// variances by hand from the formulas; 120,000 draws put the sample's within 2 %
test.each([
  ["kaimingNormal relu", init.kaimingNormal({ nonlinearity: "relu" }), Math.sqrt(2 / 300)],
  ["kaimingNormal fanOut", init.kaimingNormal({ mode: "fanOut" }), Math.sqrt(2 / 400)],
  ["kaimingUniform, PyTorch's default", init.kaimingUniform({ a: Math.sqrt(5) }), 1 / Math.sqrt(3 * 300)],
  ["xavierNormal", init.xavierNormal(), Math.sqrt(2 / 700)],
  ["xavierUniform tanh", init.xavierUniform({ gain: init.gain("tanh") }), (5 / 3) * Math.sqrt(2 / 700)],
  ["normal", init.normal({ std: 0.02 }), 0.02],
  ["uniform", init.uniform({ low: -1, high: 1 }), 1 / Math.sqrt(3)],
])("%s has its standard deviation", (_, initializer, std) => {
  const is = moments(draw(initializer as Initializer, [400, 300]));
  expect(is.std / std).toBeGreaterThan(0.98);
  expect(is.std / std).toBeLessThan(1.02);
  expect(Math.abs(is.mean)).toBeLessThan((5 * std) / Math.sqrt(120_000));
});

test("the layer's fan counts where it is given: a bias has that of its weight", () => {
  const bias = sample(init.kaimingUniform({ a: Math.sqrt(5) }), {
    shape: [5000],
    seed: 1,
    stream: 0,
    fan: { fanIn: 100, fanOut: 5000 },
  });
  expect(Math.max(...bias)).toBeLessThanOrEqual(0.1);
  expect(Math.max(...bias)).toBeGreaterThan(0.099);
});

test("orthogonal rows stay orthonormal, also when there are more rows than columns", () => {
  for (const [rows, columns] of [
    [6, 10],
    [10, 6],
  ] as const) {
    const w = draw(init.orthogonal({ gain: 2 }), [rows, columns]);
    const n = Math.min(rows, columns);
    const at = (i: number, j: number) => w[rows <= columns ? i * columns + j : j * columns + i] as number;
    for (let a = 0; a < n; a++) {
      for (let b = 0; b < n; b++) {
        let dot = 0;
        for (let j = 0; j < Math.max(rows, columns); j++) dot += at(a, j) * at(b, j);
        expect(dot).toBeCloseTo(a === b ? 4 : 0, 5);
      }
    }
  }
});

test("the normal quantile inverts the normal distribution", () => {
  for (const p of [1e-5, 1e-4, 0.02, 0.1, 0.5, 0.9, 0.999]) {
    expect(normalBelow(normalQuantile(p)) / p).toBeCloseTo(1, 7);
  }
  expect(normalBelow(1.959963984540054)).toBeCloseTo(0.975, 12);
});

test("truncNormal stays between its bounds", () => {
  const values = draw(init.truncNormal({ mean: 0.5, low: 0, high: 3 }), [200, 200]);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values)).toBeLessThanOrEqual(3);
});

test("shapes and options that do not fit are refused", () => {
  expect(() => draw(init.kaimingNormal(), [10])).toThrow("kaimingNormal: [10] has no fan, which takes two axes");
  expect(() => draw(init.eye(), [2, 2, 2])).toThrow("eye: [2, 2, 2] is not a matrix");
  expect(() => draw(init.dirac(), [2, 2])).toThrow("dirac: [2, 2] is not the weight [out, in, kernel...]");
  expect(() => draw(init.dirac({ groups: 3 }), [4, 2, 3])).toThrow(
    "dirac: 4 output channels do not split into 3 groups",
  );
  expect(() => draw(init.orthogonal(), [4])).toThrow("orthogonal: [4] has no rows and columns");
  expect(() => draw(init.uniform({ low: 1, high: 0 }))).toThrow("uniform: low = 1 is above high = 0");
  expect(() => draw(init.truncNormal({ low: 1, high: 0 }))).toThrow("truncNormal: low = 1 is not below high = 0");
  expect(() => draw(init.truncNormal({ low: 50, high: 60 }))).toThrow("has nothing between 50 and 60");
  expect(() => init.gain("tan" as "tanh")).toThrow('gain: no nonlinearity "tan"; did you mean "tanh"?');
  expect(() => init.xavierNormal({ gain: -1 })).toThrow("xavierNormal: gain = -1 is outside (0, inf)");
});

test("fans are torch's", () => {
  expect(fans([64, 32, 3, 3])).toEqual({ fanIn: 288, fanOut: 576 });
  expect(fans([20, 30])).toEqual({ fanIn: 30, fanOut: 20 });
});
