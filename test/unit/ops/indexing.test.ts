import { describe, expect, test } from "vitest";
import {
  clamp,
  evaluate,
  gatherND,
  gradients,
  input,
  norm,
  oneHot,
  pixelShuffle,
  pixelUnshuffle,
  scatter,
  scatterND,
  sort,
  split,
  squeeze,
  sum,
  type Tensor,
  takeAlongDim,
  topK,
  type Values,
} from "../../../engine/ops/index.ts";
import type { DType, Shape } from "../../../engine/tensor/index.ts";

const given = (shape: Shape, data: readonly number[], dtype: DType = "f32"): Values => ({
  shape,
  dtype,
  data: Float64Array.from(data),
});
const value = (y: Tensor, inputs: Record<string, Values> = {}): number[] => [...(evaluate([y], inputs)[0]?.data ?? [])];
const counted = (shape: Shape): Values =>
  given(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
  );

describe("sorting", () => {
  test("NaN counts as largest, and equal elements keep their order", () => {
    const x = input("x", [6]);
    const at = { x: given([6], [1, Number.NaN, 3, 1, Number.NaN, -Infinity]) };
    expect(value(topK(x, 6).indices, at)).toEqual([1, 4, 2, 0, 3, 5]);
    expect(value(sort(x).indices, at)).toEqual([5, 0, 3, 2, 1, 4]);
  });

  test("integers sort too", () => {
    const at = { x: given([4], [3, -7, 3, 0], "i32") };
    expect(value(sort(input("x", [4], "i32")).values, at)).toEqual([-7, 0, 3, 3]);
  });

  test("a k that the axis does not have is named", () => {
    expect(() => topK(input("x", [2, 3]), 4)).toThrow(
      "topK: k = 4 is outside [0, 3], the elements of axis 1 of [2, 3]",
    );
  });
});

describe("positions of several axes", () => {
  const x = input("x", [2, 3, 2]);
  const at = { x: counted([2, 3, 2]), i: given([2, 2], [1, 2, 0, -1], "i32"), b: given([2, 1], [2, 0], "i32") };

  test("gatherND takes the parts that they name", () => {
    expect(value(gatherND(x, input("i", [2, 2], "i32")), at)).toEqual([10, 11, 4, 5]);
  });

  test("gatherND takes each batch by its own positions", () => {
    expect(value(gatherND(x, input("b", [2, 1], "i32"), 1), at)).toEqual([4, 5, 6, 7]);
  });

  test("scatterND puts parts there, and its gradient takes them back", () => {
    const src = input("src", [2, 2]);
    const inputs = { ...at, src: given([2, 2], [100, 200, 300, 400]) };
    const y = scatterND(x, input("i", [2, 2], "i32"), src);
    expect(value(y, inputs)).toEqual([0, 1, 2, 3, 300, 400, 6, 7, 8, 9, 100, 200]);
    const [gx, gsrc] = gradients(sum(y.mul(y)), [x, src]) as [Tensor, Tensor];
    expect(value(gx, inputs)).toEqual([0, 2, 4, 6, 0, 0, 12, 14, 16, 18, 0, 0]);
    expect(value(gsrc, inputs)).toEqual([200, 400, 600, 800]);
  });

  test("more axes than there are is an error", () => {
    expect(() => gatherND(input("x", [2]), input("i", [3, 2], "i32"))).toThrow(
      "gatherND: indices [3, 2] name more axes than [2] has",
    );
    expect(() => scatterND(x, input("i", [2, 2], "i32"), input("src", [2]))).toThrow(
      "scatterND: [2] cannot go to [2, 2] places",
    );
  });
});

describe("positions along an axis", () => {
  test("scatter leaves what it is not told, and puts nothing outside", () => {
    const at = { x: counted([3]), i: given([2], [5, 0], "i32"), s: given([2], [70, 80]) };
    expect(value(scatter(input("x", [3]), 0, input("i", [2], "i32"), input("s", [2])), at)).toEqual([80, 1, 2]);
  });

  test("takeAlongDim takes from the part of x that the indices cover", () => {
    const at = { x: counted([2, 3]), i: given([1, 2], [2, 1], "i32") };
    expect(value(takeAlongDim(input("x", [2, 3]), input("i", [1, 2], "i32"), 1), at)).toEqual([2, 1]);
  });

  test("indices that do not fit are named", () => {
    const [x, i] = [input("x", [2, 3]), input("i", [3, 1], "i32")];
    expect(() => takeAlongDim(x, i, 1)).toThrow("takeAlongDim: indices [3, 1] do not fit [2, 3] along axis 1");
    expect(() => scatter(x, 0, i, input("s", [2, 1]))).toThrow("scatter: [2, 1] cannot go to [3, 1] places");
  });

  test("oneHot is 1 at the number, whose axis goes anywhere, and 0 everywhere for a number outside", () => {
    const at = { i: given([3], [1, -1, 9], "i32") };
    expect(value(oneHot(input("i", [3], "i32"), 2), at)).toEqual([0, 1, 0, 1, 0, 0]);
    expect(value(oneHot(input("i", [3], "i32"), 2, 0), at)).toEqual([0, 0, 0, 1, 1, 0]);
  });
});

describe("arranging", () => {
  test("pixelShuffle makes pixels of channels, and pixelUnshuffle channels of pixels", () => {
    const x = input("x", [1, 4, 1, 2]);
    const at = { x: counted([1, 4, 1, 2]) };
    expect(value(pixelShuffle(x, 2), at)).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
    expect(value(pixelUnshuffle(pixelShuffle(x, 2), 2), at)).toEqual([...at.x.data]);
    expect(() => pixelShuffle(x, 3)).toThrow("pixelShuffle: 4 channels do not divide by 3 * 3");
  });

  test("sizes that do not add up are named, and so is an axis that is not 1", () => {
    expect(() => split(input("x", [5]), [2, 2])).toThrow("split: [2, 2] add up to 4, not to the 5 of axis 0");
    expect(() => squeeze(input("x", [1, 5]), [1])).toThrow("squeeze: axis 1 of [1, 5] is longer than 1");
  });
});

test("bools and numbers that are none are told apart", () => {
  const x = input("x", [4]);
  const at = { x: given([4], [1, Number.NaN, -Infinity, 2]) };
  expect(value(x.isNaN(), at)).toEqual([0, 1, 0, 0]);
  expect(value(x.isInf(), at)).toEqual([0, 0, 1, 0]);
  expect(value(x.notEqual(1), at)).toEqual([0, 1, 1, 1]);
  expect(value(x.less(2).xor(x.greater(0)), at)).toEqual([0, 0, 1, 1]);
  expect(x.unsqueeze([0, -1]).squeeze([0]).shape).toEqual([4, 1]);
});

test("the derivative of a norm at 0 is 0, and that of clamp at its bounds 1", () => {
  const x = input("x", [2]);
  const at = { x: given([2], [0, 0]) };
  for (const p of [1, 2, 3, Infinity]) {
    expect(value(gradients(norm(x, p), [x])[0] as Tensor, at), `p = ${p}`).toEqual([0, 0]);
  }
  expect(value(gradients(sum(clamp(x, 0, 0.5)), [x])[0] as Tensor, at)).toEqual([1, 1]);
});
