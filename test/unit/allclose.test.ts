import { expect, test } from "vitest";

test("toBeAllclose accepts values within the tolerance and NaN beside NaN", () => {
  expect([1, Number.NaN, Infinity]).toBeAllclose([1 + 1e-7, Number.NaN, Infinity], { rtol: 1e-6 });
});

test("toBeAllclose names the worst index, both values and the allowed difference", () => {
  expect(() => expect([1, 2, 3]).toBeAllclose([1, 2.5, 3.1], { rtol: 0, atol: 0.01 })).toThrow(
    "worst at index 1: 2, expected 2.5, allowed difference 0.01",
  );
  expect(() => expect([Number.NaN]).toBeAllclose([1])).toThrow("worst at index 0: NaN, expected 1");
  expect(() => expect([1]).toBeAllclose([1, 2])).toThrow("1 values, 2 expected");
});
