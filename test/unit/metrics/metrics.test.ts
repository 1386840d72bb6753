import { expect, test } from "vitest";
import { type Metric, metrics } from "../../../engine/metrics/index.ts";
import type { Values } from "../../../engine/ops/index.ts";
import { measure } from "./measure.ts";

const f32 = (shape: number[], ...data: number[]): Values => ({ shape, dtype: "f32", data: Float64Array.from(data) });
const i32 = (...data: number[]): Values => ({ shape: [data.length], dtype: "i32", data: Float64Array.from(data) });

test("accuracy counts right classes, and the first of equal scores wins", () => {
  expect(measure(metrics.accuracy(), f32([3, 2], 1, 1, 1, 1, 0, 2), i32(0, 1, 1))).toBeCloseTo(2 / 3, 12);
});

test("accuracy of one score per example asks whether it is above 0, or 0.5 for probabilities", () => {
  expect(measure(metrics.accuracy(), f32([4, 1], -1, 0.2, 3, -2), i32(0, 1, 0, 1))).toBe(0.5);
  expect(measure(metrics.accuracy(), f32([4], 0.4, 0.2, 0.9, 0.6), i32(0, 0, 1, 0), "probabilities")).toBe(0.75);
  expect(measure(metrics.accuracy({ threshold: 0.3 }), f32([4], 0.4, 0.2, 0.9, 0.6), i32(0, 0, 1, 0))).toBe(0.5);
});

test("of several labels every decision counts, exactMatch takes all of an example", () => {
  const [output, target] = [f32([2, 3], 1, -1, 1, -1, 1, 1), f32([2, 3], 1, 0, 0, 0, 1, 1)];
  expect(measure(metrics.accuracy(), output, target)).toBeCloseTo(5 / 6, 12);
  expect(measure(metrics.exactMatch(), output, target)).toBe(0.5);
});

test("mse and mae are over all elements", () => {
  expect(measure(metrics.mse(), f32([2, 1], 1, -2), f32([2], 4, 0))).toBe(6.5);
  expect(measure(metrics.mae(), f32([2, 1], 1, -2), f32([2], 4, 0))).toBe(2.5);
});

test("padding does not count when it is ignored", () => {
  const output = f32([1, 3, 2], 2, 0, 0, 2, 2, 0);
  const target: Values = { shape: [1, 3], dtype: "i32", data: Float64Array.of(0, 0, -1) };
  expect(measure(metrics.accuracy({ ignoreIndex: -1 }), output, target)).toBe(0.5);
  const each = [Math.log1p(Math.exp(-2)), Math.log1p(Math.exp(2))];
  expect(measure(metrics.perplexity({ ignoreIndex: -1 }), output, target)).toBeCloseTo(
    Math.exp((each[0] as number) / 2 + (each[1] as number) / 2),
    12,
  );
});

test("combine takes values that are exact over the set", () => {
  const smaller = ([a, b]: readonly number[]) => Math.min(a as number, b as number);
  const both = metrics.combine({ of: [metrics.precision({ class: 1 }), metrics.recall({ class: 1 })], value: smaller });
  const [output, target] = [f32([4, 2], 0, 1, 0, 1, 0, 1, 1, 0), i32(1, 0, 1, 1)];
  expect(measure(both as Metric, output, target)).toBeCloseTo(2 / 3, 12);
});

test("what there is not is named", () => {
  expect(() => measure(metrics.topK(1), f32([2, 1], 1, 2), f32([2], 1, 2))).toThrow(
    "topK: takes class numbers (i32), not f32",
  );
  expect(() => measure(metrics.topK(3), f32([1, 2], 1, 2), i32(0))).toThrow("topK: k = 3 is more than the 2 classes");
  const words = metrics.combine({ of: [metrics.accuracy()], value: () => "much" as never });
  expect(() => measure(words as Metric, f32([1, 2], 1, 2), i32(0))).toThrow('combine: value gave "much", not a number');
  expect(() => measure(metrics.recall({ class: 2 }), f32([1, 2], 1, 2), i32(0))).toThrow(
    "recall: class = 2, and there are 2, counted from 0",
  );
});
