import { expect, test } from "vitest";
import { data as sources } from "../../../../engine/data/index.ts";
import { fitPowerLaw } from "../../../../engine/diagnostics/dataCurve/powerLaw.ts";
import { nestedOrder } from "../../../../engine/diagnostics/dataCurve/subsets.ts";
import { normal } from "../../../../engine/random/index.ts";
import { HostTensor } from "../../../../engine/tensor/index.ts";
import { casesIn } from "../../../conformance/case.ts";
import { problems } from "../../../conformance/compare.ts";
import { datasize } from "../../../conformance/groups/datasize.ts";

const fixtures = (path: string) => new URL(`../../../fixtures/${path}`, import.meta.url).pathname;
const sizes = [50, 100, 200, 400, 800, 1600];

test.each([...casesIn(fixtures("datasize"))].map((c) => [c.case, c] as const))("%s is as recorded", async (_, c) => {
  expect(problems(c, await datasize(c, { data: fixtures("data") } as never))).toEqual([]);
});

test.each([
  [1.8, 0.5, 0.05],
  [30, 1.2, 0.01],
  [0.9, 0.15, 0],
  [4000, 2.5, 0.2],
])("errors that follow %d n^-%d + %d give that law back", (a, b, c) => {
  const law = fitPowerLaw(
    sizes,
    sizes.map((n) => a * n ** -b + c),
  );
  expect(law.a).toBeCloseTo(a, a > 100 ? -1 : 4);
  expect(law.b).toBeCloseTo(b, 5);
  expect(law.c).toBeCloseTo(c, 5);
  expect(law.squares).toBeLessThan(1e-15);
  expect(law.examplesFor(law.at(12_345))).toBeCloseTo(12_345, 0);
});

test("no number of examples reaches an error at or below the floor", () => {
  const law = fitPowerLaw(
    sizes,
    sizes.map((n) => 2 * n ** -0.5 + 0.1),
  );
  expect(law.examplesFor(0.09)).toBe(Number.POSITIVE_INFINITY);
});

test("an error's floor is not below 0", () => {
  // a straight line in ln n, which no power law with c >= 0 ends below 0
  const errors = sizes.map((n) => 0.6 - 0.07 * Math.log(n));
  expect(fitPowerLaw(sizes, errors).c).toBeLessThan(0);
  const held = fitPowerLaw(sizes, errors, 0);
  expect(held.c).toBe(0);
  expect(held.a * 1e9 ** -held.b).toBeGreaterThan(0);
});

test("the 95 % interval holds the truth in about 95 of 100 draws", () => {
  const noise = normal(11, 0, 400 * sizes.length);
  let held = 0;
  for (let draw = 0; draw < 400; draw++) {
    const errors = sizes.map((n, i) => 2 * n ** -0.6 + 0.05 + 0.003 * (noise[draw * sizes.length + i] as number));
    const law = fitPowerLaw(sizes, errors);
    if (Math.abs(law.at(400) - (2 * 400 ** -0.6 + 0.05)) <= law.margin(400)) held += 1;
  }
  expect(held / 400).toBeGreaterThan(0.9);
  expect(held / 400).toBeLessThan(0.985);
});

test("every beginning of a nested order has the shares of the classes", () => {
  const labels = Int32Array.from({ length: 200 }, (_, i) => (i % 10 === 0 ? 1 : 0));
  const set = sources.tensors({
    x: new HostTensor([200, 2], "f32", new Float32Array(400)),
    y: new HostTensor([200], "i32", labels),
  });
  const order = nestedOrder(set, 4);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i));
  for (const size of [20, 50, 100, 150]) {
    const rare = order.slice(0, size).filter((row) => labels[row] === 1).length;
    expect(Math.abs(rare - size / 10)).toBeLessThanOrEqual(1);
  }
  expect(nestedOrder(set, 5)).not.toEqual(order);
  expect(nestedOrder(set, 4)).toEqual(order);
});
