import { describe, expect, test } from "vitest";
import {
  fans,
  type Initializer,
  init,
  initializers,
  isInitializer,
  isStart,
  type Probed,
  sample,
  starts,
} from "../../../engine/init/index.ts";
import { normalBelow, normalQuantile } from "../../../engine/init/truncated.ts";

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

/** N(0, 1) cut off at two: its deviation, by numerical integration in steps of 1e-4. */
const cut = (() => {
  let [mass, square] = [0, 0];
  for (let x = -2 + 5e-5; x < 2; x += 1e-4) {
    const density = Math.exp((-x * x) / 2);
    mass += density;
    square += x * x * density;
  }
  return Math.sqrt(square / mass);
})();

/**
 * Every initializer that draws, by hand from its formula for [400, 300], fan in 300 and out 400: its deviation, its bounds where it has
 * some, and the fourth moment over the squared variance: 3 of a normal, 9/5 of a uniform distribution.
 */
const drawn: Readonly<
  Record<string, [Initializer, { std: number; mean?: number; bound?: number; kurtosis?: number }][]>
> = {
  kaimingNormal: [
    [init.kaimingNormal(), { std: Math.sqrt(2 / 300) }],
    [init.kaimingNormal({ mode: "fanOut", nonlinearity: "tanh" }), { std: 5 / 3 / 20 }],
    [init.kaimingNormal({ a: 0.2 }), { std: Math.sqrt(2 / 1.04 / 300) }],
    [init.kaimingNormal({ nonlinearity: "selu" }), { std: 0.75 / Math.sqrt(300) }],
  ],
  kaimingUniform: [
    [init.kaimingUniform(), { std: Math.sqrt(2 / 300), bound: Math.sqrt(6 / 300) }],
    [init.kaimingUniform({ a: Math.sqrt(5) }), { std: 1 / Math.sqrt(900), bound: 1 / Math.sqrt(300) }],
    [init.kaimingUniform({ mode: "fanOut", nonlinearity: "linear" }), { std: 1 / 20, bound: Math.sqrt(3) / 20 }],
  ],
  xavierNormal: [
    [init.xavierNormal(), { std: Math.sqrt(2 / 700) }],
    [init.xavierNormal({ gain: 2, mode: "fanIn" }), { std: 2 / Math.sqrt(300) }],
    [init.xavierNormal({ mode: "fanOut" }), { std: 1 / 20 }],
    [init.xavierNormal({ mode: "fanSum" }), { std: 1 / Math.sqrt(700) }],
  ],
  xavierUniform: [
    [init.xavierUniform(), { std: Math.sqrt(2 / 700), bound: Math.sqrt(6 / 700) }],
    [
      init.xavierUniform({ gain: init.gain("tanh") }),
      { std: (5 / 3) * Math.sqrt(2 / 700), bound: (5 / 3) * Math.sqrt(6 / 700) },
    ],
    [init.xavierUniform({ mode: "fanIn" }), { std: 1 / Math.sqrt(300), bound: 0.1 }],
  ],
  lecunNormal: [[init.lecunNormal(), { std: 1 / Math.sqrt(300) }]],
  lecunUniform: [[init.lecunUniform(), { std: 1 / Math.sqrt(300), bound: 0.1 }]],
  varianceScaling: [
    [init.varianceScaling(), { std: 1 / Math.sqrt(300) }],
    [init.varianceScaling({ k: 2 }), { std: Math.sqrt(2 / 300) }],
    [init.varianceScaling({ k: 3, mode: "fanSum" }), { std: Math.sqrt(3 / 700) }],
    [
      init.varianceScaling({ k: 1, mode: "fanAvg", distribution: "uniform" }),
      { std: Math.sqrt(2 / 700), bound: Math.sqrt(6 / 700) },
    ],
    [
      init.varianceScaling({ mode: "fanOut", distribution: "truncNormal" }),
      { std: 1 / 20, bound: 2 / 20 / cut, kurtosis: 2.3684 },
    ],
  ],
  normal: [
    [init.normal(), { std: 1 }],
    [init.normal({ mean: 2, std: 0.02 }), { std: 0.02, mean: 2 }],
  ],
  uniform: [
    [init.uniform(), { std: 1 / Math.sqrt(12), mean: 0.5 }],
    [init.uniform({ low: -1, high: 3 }), { std: 4 / Math.sqrt(12), mean: 1 }],
  ],
  truncNormal: [
    [init.truncNormal(), { std: cut, bound: 2, kurtosis: 2.3684 }],
    [init.truncNormal({ mean: 1, std: 0.5, low: 0, high: 2 }), { std: 0.5 * cut, mean: 1, kurtosis: 2.3684 }],
  ],
  orthogonal: [[init.orthogonal({ gain: 3 }), { std: 3 / 20 }]],
  // half of them 0: the others have std, and 6 is the kurtosis of such a mixture
  sparse: [[init.sparse(0.5, { std: 0.02 }), { std: 0.02 / Math.SQRT2, kurtosis: 6 }]],
};

test.each(
  Object.entries(drawn).flatMap(([name, all]) =>
    all.map(([i, want]) => [name, JSON.stringify(i.options), i, want] as const),
  ),
)(
  "%s %s has its mean, deviation, bounds and form",
  (_, __, initializer, { std, mean = 0, bound, kurtosis = bound === undefined ? 3 : 1.8 }) => {
    const values = draw(initializer, [400, 300]);
    const is = moments(values);
    // five standard errors of 120,000 draws
    expect(Math.abs(is.std / std - 1)).toBeLessThan(5 * Math.sqrt((kurtosis - 1) / 4 / 120_000));
    expect(Math.abs(is.mean - mean)).toBeLessThan((5 * std) / Math.sqrt(120_000));
    const fourth = values.reduce((sum, x) => sum + (x - is.mean) ** 4, 0) / values.length / is.std ** 4;
    const flat = initializer.type === "uniform" ? 1.8 : kurtosis;
    expect(Math.abs(fourth - flat)).toBeLessThan(0.12 * (flat > 3 ? 2 : 1));
    if (bound === undefined) return;
    const most = values.reduce((a, x) => Math.max(a, Math.abs(x - mean)), 0);
    expect(most).toBeLessThanOrEqual(bound * (1 + 1e-6));
    expect(most).toBeGreaterThan(0.995 * bound);
  },
);

test("everything that draws numbers has its formula above", () => {
  const fixed = ["constant", "dirac", "eye", "ones", "zeros"];
  const own = Object.keys(initializers).filter((name) => !fixed.includes(name));
  expect(Object.keys(drawn).sort()).toEqual(own.sort());
});

test("what draws nothing is what it says", () => {
  expect([...draw(init.zeros(), [2, 2])]).toEqual([0, 0, 0, 0]);
  expect([...draw(init.ones(), [2, 2])]).toEqual([1, 1, 1, 1]);
  expect([...draw(init.constant(0.5), [3])]).toEqual([0.5, 0.5, 0.5]);
  expect([...draw(init.eye(), [2, 3])]).toEqual([1, 0, 0, 0, 1, 0]);
  expect([...draw(init.eye(), [3, 2])]).toEqual([1, 0, 0, 1, 0, 0]);
  expect([...draw(init.dirac(), [2, 2, 3])]).toEqual([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
  expect([...draw(init.dirac({ groups: 2 }), [2, 1, 3])]).toEqual([0, 1, 0, 0, 1, 0]);
});

test("sparse has its share of zeros in every column", () => {
  const values = draw(init.sparse(0.33), [50, 8]);
  for (let column = 0; column < 8; column++) {
    const zeros = Array.from({ length: 50 }, (_, row) => values[row * 8 + column]).filter((x) => x === 0).length;
    expect(zeros).toBe(17);
  }
});

test("the numbers of the lecture decks: 784 inputs, and 256 outputs", () => {
  const is = (i: Initializer) => moments(draw(i, [256, 784]));
  const near = (got: number, want: number) => expect(Math.abs(got / want - 1)).toBeLessThan(0.01);
  near(is(init.xavierNormal({ mode: "fanIn" })).std, 0.0357143);
  near(is(init.varianceScaling({ k: 1 })).std, 0.0357143);
  near(is(init.kaimingNormal()).std, 0.0505076);
  near(is(init.varianceScaling({ k: 2 })).std, 0.0505076);
  near(is(init.xavierUniform()).std ** 2, 0.00192308);
  const most = draw(init.xavierUniform(), [256, 784]).reduce((a, x) => Math.max(a, Math.abs(x)), 0);
  near(most, 0.0759555);
});

test("lsuv divides each layer by its deviation in turn, and no further than it is told", async () => {
  // layers whose output varies with the square of all weights before them, a little more each time
  const weights: Record<string, number> = { a: 3, b: 0.1, c: 7 };
  const done: string[] = [];
  const model: Probed = {
    layers: ["a", "b", "c"],
    redraw: (layer, initializer) => done.push(`${layer} ${initializer.type}`),
    scale: (layer, factor) => {
      done.push(layer);
      weights[layer] = (weights[layer] as number) * factor;
    },
    variance: async (layer) =>
      ["a", "b", "c"].slice(0, "abc".indexOf(layer) + 1).reduce((v, l) => v * (weights[l] as number) ** 2, 1) ** 0.9,
  };
  const lsuv = init.lsuv({ tolerance: 1e-3 });
  expect(isStart(lsuv)).toBe(true);
  await lsuv.definition.start(model, lsuv.options);
  for (const layer of model.layers) expect(Math.abs((await model.variance(layer)) - 1)).toBeLessThanOrEqual(1e-3);
  expect(done.slice(0, 3)).toEqual(["a orthogonal", "b orthogonal", "c orthogonal"]);
  expect(done.slice(3)).toEqual([...done.slice(3)].sort());
  done.length = 0;
  weights.a = 5;
  const once = init.lsuv({ tolerance: 1e-9, iterations: 1, orthonormal: false });
  await once.definition.start(model, once.options);
  expect(done).toEqual(["a", "b", "c"]);
  expect(Object.keys(starts)).toContain("lsuv");
});

test("lsuv names a layer that gives one number for everything", async () => {
  const dead: Probed = { layers: ["fc1"], redraw: () => {}, scale: () => {}, variance: async () => 0 };
  const lsuv = init.lsuv();
  await expect(lsuv.definition.start(dead, lsuv.options)).rejects.toThrow("lsuv: fc1 gives one number for everything");
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
