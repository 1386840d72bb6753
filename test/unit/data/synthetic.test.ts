import { describe, expect, test } from "vitest";
import { type Dataset, data, syntheticSets } from "../../../engine/data/index.ts";

type Name = keyof typeof syntheticSets;
type Row = { readonly x: readonly number[]; readonly y: number };

const make = (name: Name, options: object = {}): Dataset => (data[name] as (options: object) => Dataset)(options);

const rowsOf = (set: Dataset): Row[] => {
  const width = set.x.size / set.size;
  return Array.from({ length: set.size }, (_, i) => ({
    x: Array.from(set.x.data.subarray(i * width, (i + 1) * width)),
    y: set.y.data[i] as number,
  }));
};

const at = (row: Row, i: number): number => row.x[i] as number;
const near = (a: number, b: number) => expect(Math.abs(a - b)).toBeLessThan(2e-5 * (1 + Math.abs(b)));
const radius = (row: Row): number => Math.hypot(...row.x);

/** What holds for every example of a set without noise: its definition, said another way. */
const laws: { readonly [K in Name]: { readonly options: object; check(rows: Row[]): void } } = {
  blobs: {
    options: { std: 0, classes: 4, features: 3 },
    check: (rows) => {
      expect(new Set(rows.map(({ x, y }) => JSON.stringify([x, y]))).size).toBe(4);
      expect(rows.every(({ x }) => x.every((v) => Math.abs(v) <= 10))).toBe(true);
    },
  },
  circles: {
    options: { noise: 0, factor: 0.25 },
    check: (rows) => {
      for (const row of rows) near(radius(row), row.y ? 0.25 : 1);
    },
  },
  friedman: {
    options: { noise: 0 },
    check: (rows) =>
      rows.forEach((row) => {
        const [a = 0, b = 0, c = 0, d = 0, e = 0] = row.x;
        near(row.y, 10 * Math.sin(Math.PI * a * b) + 20 * (c * c - c + 0.25) + 10 * d + 5 * e);
      }),
  },
  gaussianQuantiles: {
    options: { classes: 5 },
    check: (rows) => {
      const sorted = [...rows].sort((a, b) => radius(a) - radius(b)).map(({ y }) => y);
      expect(sorted).toEqual([...sorted].sort());
    },
  },
  gratings: {
    options: { noise: 0, classes: 4, size: 16 },
    // stripes of class c do not change along the direction that is square to them: (-sin a, cos a); here 0, 45, 90 and 135 degrees
    check: (rows) =>
      rows.forEach((row) => {
        const [dx, dy] = [
          [0, 1],
          [-1, 1],
          [1, 0],
          [1, 1],
        ][row.y] as [number, number];
        for (let v = 1; v < 15; v++)
          for (let u = 1; u < 15; u++) near(at(row, v * 16 + u), at(row, (v + dy) * 16 + u + dx));
        expect(Math.max(...row.x) - Math.min(...row.x)).toBeGreaterThan(0.7);
        expect(Math.max(...row.x)).toBeLessThanOrEqual(1.00001);
        expect(Math.min(...row.x)).toBeGreaterThanOrEqual(-0.00001);
      }),
  },
  line: {
    options: { noise: 0, features: 2, bias: 3, n: 40 },
    // what three examples say of the function holds for all others
    check: (rows) => {
      const [p, q, r] = rows as [Row, Row, Row];
      const det = (a: Row, b: Row, f: (row: Row, k: 0 | 1) => number) => f(a, 0) * f(b, 1) - f(a, 1) * f(b, 0);
      const d = (row: Row, k: 0 | 1) => at(row, k) - at(p, k);
      const whole = det(q, r, d);
      const w = [
        ((q.y - p.y) * d(r, 1) - (r.y - p.y) * d(q, 1)) / whole,
        ((r.y - p.y) * d(q, 0) - (q.y - p.y) * d(r, 0)) / whole,
      ] as const;
      const bias = p.y - w[0] * at(p, 0) - w[1] * at(p, 1);
      expect(bias).toBeCloseTo(3, 4);
      for (const row of rows) expect(row.y).toBeCloseTo(w[0] * at(row, 0) + w[1] * at(row, 1) + bias, 3);
    },
  },
  moons: {
    options: { noise: 0 },
    check: (rows) =>
      rows.forEach((row) => {
        const [cx, cy] = row.y ? [1, 0.5] : [0, 0];
        near(Math.hypot(at(row, 0) - cx, at(row, 1) - cy), 1);
        expect(row.y ? at(row, 1) <= 0.5001 : at(row, 1) >= -0.0001).toBe(true);
      }),
  },
  sinusoid: {
    options: { noise: 0, frequency: 2 },
    check: (rows) => {
      for (const row of rows) near(row.y, Math.sin(4 * Math.PI * at(row, 0)));
    },
  },
  spirals: {
    options: { noise: 0, classes: 3, turns: 0.5 },
    check: (rows) => {
      expect(Math.max(...rows.map(radius))).toBeCloseTo(1, 5);
      for (const row of rows) {
        const angle = Math.atan2(at(row, 1), at(row, 0)) / (2 * Math.PI);
        const off = angle - 0.5 * radius(row) - row.y / 3;
        if (radius(row) > 0) expect(Math.abs(off - Math.round(off))).toBeLessThan(1e-5);
      }
    },
  },
  swissRoll: {
    options: {},
    check: (rows) =>
      rows.forEach((row) => {
        near(Math.hypot(at(row, 0), at(row, 2)), row.y);
        near(at(row, 0), row.y * Math.cos(row.y));
        expect(row.y).toBeGreaterThanOrEqual(4.712);
        expect(row.y).toBeLessThan(14.138);
        expect(at(row, 1)).toBeGreaterThanOrEqual(0);
        expect(at(row, 1)).toBeLessThan(21);
      }),
  },
  xor: {
    options: { noise: 0 },
    check: (rows) => {
      for (const row of rows) expect(row.y).toBe(at(row, 0) * at(row, 1) > 0 ? 0 : 1);
      expect(new Set(rows.map(({ x }) => String(x))).size).toBe(4);
    },
  },
};

describe.each(Object.keys(syntheticSets) as Name[])("data.%s", (name) => {
  const params: Readonly<Record<string, unknown>> = syntheticSets[name].params;

  test("is what it says it is", () => {
    const { options, check } = laws[name];
    check(rowsOf(make(name, options)));
  });

  test("has as many examples as are asked for, down to the fewest, all finite", () => {
    for (const n of [...(name === "gaussianQuantiles" ? [3] : [1, 2]), 61]) {
      const set = make(name, { n });
      expect(set.size).toBe(n);
      expect(set.x.data.every(Number.isFinite) && set.y.data.every(Number.isFinite)).toBe(true);
    }
  });

  test("is the same for the same seed, and no other", () => {
    const bits = (seed: number) => String([...make(name, { seed }).x.data]);
    expect(bits(3)).toBe(bits(3));
    expect(bits(3)).not.toBe(bits(4));
  });

  test("has classes of equal size, where it has classes", () => {
    const set = make(name, { n: 61 });
    if (!set.classes) return;
    const counts = set.classes.map((_, c) => set.y.data.filter((label) => label === c).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });

  test("has the noise that is asked for", () => {
    const key = "noise" in params ? "noise" : "std" in params ? "std" : "";
    expect(key).not.toBe("");
    const [less, more] = [1, 3].map((deviation) => make(name, { n: 500, [key]: deviation }));
    // the same draws: noise 3 is as far from noise 1 as 2 deviations of a normal number are
    const ofTarget = less?.task === "regression" && name !== "swissRoll";
    const [a, b] = [less, more].map((set) => (ofTarget ? set?.y.data : set?.x.data)) as [Float32Array, Float32Array];
    const off = Array.from(a, (v, i) => ((b[i] as number) - v) / 2);
    const deviation = Math.sqrt(off.reduce((sum, v) => sum + v * v, 0) / off.length);
    expect(Math.abs(deviation - 1)).toBeLessThan(0.15);
  });

  test("names what it cannot make", () => {
    expect(() => make(name, { n: 0 })).toThrow(`data.${name}: n = 0 is outside [1, inf)`);
    expect(() => make(name, { sede: 1 })).toThrow(`data.${name}: unknown option "sede"; did you mean "seed"?`);
  });
});

test("shells need an example each", () => {
  expect(() => data.gaussianQuantiles({ n: 2, classes: 3 })).toThrow(
    "data.gaussianQuantiles: 2 examples do not fill 3 classes; take n: 3 or more",
  );
});

test("more examples than a process can hold are refused by name", () => {
  expect(() => data.blobs({ n: 1e9, features: 1000 })).toThrow(
    "data.blobs: 1000000000 examples are more than this process can hold; take fewer",
  );
});
