import { expect, test } from "vitest";
import { type Metric, metrics } from "../../../engine/metrics/index.ts";
import { constant, evaluate, input, type Values } from "../../../engine/ops/index.ts";

const f32 = (shape: number[], ...data: number[]): Values => ({ shape, dtype: "f32", data: Float64Array.from(data) });

function measure({ definition, options }: Metric, output: Values, target: Values): [sum: number, count: number] {
  const tensors = { output: input("output", output.shape), target: input("target", target.shape, target.dtype) };
  const { sum, count } = definition.batch(tensors, options);
  const values = evaluate([sum, typeof count === "number" ? constant(count) : count], { output, target });
  return values.map(({ data }) => data[0]) as [number, number];
}

test("accuracy counts right classes, and the first of equal scores wins", () => {
  const classes: Values = { shape: [3], dtype: "i32", data: Float64Array.of(0, 1, 1) };
  expect(measure(metrics.accuracy(), f32([3, 2], 1, 1, 1, 1, 0, 2), classes)).toEqual([2, 3]);
});

test("mse and mae are over all elements", () => {
  expect(measure(metrics.mse(), f32([2, 1], 1, -2), f32([2], 4, 0))).toEqual([13, 2]);
  expect(measure(metrics.mae(), f32([2, 1], 1, -2), f32([2], 4, 0))).toEqual([5, 2]);
});

test("accuracy of a regression is refused", () => {
  expect(() => measure(metrics.accuracy(), f32([2, 1], 1, 2), f32([2], 1, 2))).toThrow(
    "accuracy: takes class numbers (i32), not f32",
  );
});
