import { describe, expect, test } from "vitest";
import { type Loss, loss as losses, settleLoss } from "../../../engine/losses/index.ts";
import { evaluate, input, type Values } from "../../../engine/ops/index.ts";
import { casesIn } from "../../conformance/case.ts";
import { problems } from "../../conformance/compare.ts";
import { lossesGroup } from "../../conformance/groups/losses.ts";
import { interpretBackend } from "../backends/interpretBackend.ts";

const cases = [...casesIn(new URL("../../fixtures/losses", import.meta.url).pathname)];

test.each(cases.map((c) => [c.case, c] as const))("%s is as PyTorch has it", async (_, c) => {
  expect(problems(c, await lossesGroup(c, { backend: interpretBackend(), data: "" }))).toEqual([]);
});

describe("by hand", () => {
  const value = (loss: Loss, output: Values, target: Values): number[] => {
    const tensors = { output: input("output", output.shape), target: input("target", target.shape, target.dtype) };
    return [...(evaluate([loss.definition.compute(tensors, loss.options)], { output, target })[0]?.data ?? [])];
  };
  const f32 = (shape: number[], ...data: number[]): Values => ({ shape, dtype: "f32", data: Float64Array.from(data) });
  const i32 = (...data: number[]): Values => ({ shape: [data.length], dtype: "i32", data: Float64Array.from(data) });

  test("crossEntropy of even scores is ln C", () => {
    expect(value(losses.crossEntropy(), f32([2, 4], 0, 0, 0, 0, 7, 7, 7, 7), i32(0, 3))).toBeAllclose([Math.log(4)]);
  });

  test("crossEntropy: ignored examples do not count, weights divide by what was picked", () => {
    const scores = f32([3, 2], 0, 0, 0, Math.log(3), 5, 5);
    const options = { weight: [1, 3], ignoreIndex: -100 };
    const want = (1 * Math.log(2) + 3 * Math.log(4 / 3)) / 4;
    expect(value(losses.crossEntropy(options), scores, i32(0, 1, -100))).toBeAllclose([want]);
  });

  test("crossEntropy takes probabilities, and one-hot ones are class numbers", () => {
    const scores = f32([2, 3], 0.3, -1, 2, 0.5, 0.1, -0.7);
    const options = { labelSmoothing: 0.2, reduction: "none" as const, weight: [1, 2, 0.5] };
    const soft = value(losses.crossEntropy(options), scores, f32([2, 3], 0, 1, 0, 1, 0, 0));
    expect(soft).toBeAllclose(value(losses.crossEntropy(options), scores, i32(1, 0)), { rtol: 1e-12 });
    const even = f32([1, 2], 0, Math.log(3));
    expect(value(losses.crossEntropy(), even, f32([1, 2], 0.5, 0.5))).toBeAllclose([Math.log(4) - Math.log(3) / 2]);
  });

  test("losses of positions: [N, C, L] or [N, L, C] against [N, L]", () => {
    const target: Values = { shape: [1, 3], dtype: "i32", data: Float64Array.of(1, 0, 0) };
    const want = [(3 * Math.log(4 / 3) + Math.log(2) + Math.log(2)) / 5];
    const first = f32([1, 2, 3], 0, 0, 1, Math.log(3), 0, 1);
    const last = f32([1, 3, 2], 0, Math.log(3), 0, 0, 1, 1);
    const weight = [1, 3];
    expect(value(losses.crossEntropy({ weight }), first, target)).toBeAllclose(want);
    expect(value(losses.crossEntropy({ weight }), last, target)).toBeAllclose(want);
    expect(value(losses.crossEntropy({ weight, dim: -1 }), last, target)).toBeAllclose(want);
    expect(() => value(losses.crossEntropy({ dim: 1 }), last, target)).toThrow(
      "crossEntropy: scores [1, 3, 2] take targets [1, 2], not [1, 3]",
    );
  });

  test("where the classes lie is asked for when the shapes do not tell", () => {
    const scores = f32([1, 2, 2], 0, 0, Math.log(3), 0);
    const target: Values = { shape: [1, 2], dtype: "i32", data: Float64Array.of(1, 0) };
    expect(() => value(losses.crossEntropy(), scores, target)).toThrow(
      "crossEntropy: the classes of [1, 2, 2] may lie along axis 1 or the last; say which, as dim: -1",
    );
    expect(value(losses.crossEntropy({ dim: 1, weight: [1, 3] }), scores, target)).toBeAllclose([
      (3 * Math.log(4 / 3) + Math.log(2)) / 4,
    ]);
  });

  test("mse takes targets [N] for outputs [N, 1] and refuses to compare everything with everything", () => {
    expect(value(losses.mse(), f32([2, 1], 1, 2), f32([2], 3, 2))).toEqual([2]);
    expect(value(losses.mse({ reduction: "sum" }), f32([2], 1, 2), f32([2], 3, 5))).toEqual([13]);
    expect(() => value(losses.mse(), f32([2, 2], 1, 2, 3, 4), f32([2], 3, 2))).toThrow(
      "mse: output [2, 2] against targets [2]",
    );
  });

  test("balanced weights are scikit-learn's n / (classes * n of the class), and negatives / positives", () => {
    const counts = { of: "classes", name: "train", counts: [6, 2, 4], examples: 12 } as const;
    const weighted = settleLoss(losses.multiMargin({ weight: "balanced" }), counts).options;
    expect((weighted as { weight: number[] }).weight).toBeAllclose([12 / 18, 12 / 6, 12 / 12]);
    const of = (given: object) =>
      (
        settleLoss(losses.bceWithLogits({ posWeight: "balanced" }), given as typeof counts).options as {
          posWeight: number[];
        }
      ).posWeight;
    expect(of({ ...counts, of: "labels" })).toBeAllclose([1, 5, 2]);
    expect(of({ ...counts, counts: [9, 3] })).toBeAllclose([3]);
    expect(() => settleLoss(losses.nll({ weight: "balanced" }), { ...counts, counts: [12, 0] })).toThrow(
      'nll: weight "balanced" divides by how often a class occurs, and class 1 of train has no examples; give numbers',
    );
    const f = f32([1, 2], 1, 2);
    expect(() => value(losses.crossEntropy({ weight: "balanced" }), f, i32(0))).toThrow(
      'crossEntropy: weight "balanced" is counted from the training data of an experiment; give numbers',
    );
  });

  test("what does not fit is named", () => {
    expect(() => value(losses.crossEntropy(), f32([2, 2], 1, 2, 3, 4), f32([2], 0, 1))).toThrow(
      "crossEntropy: takes class numbers (i32), not f32",
    );
    expect(() => value(losses.crossEntropy(), f32([2, 2], 1, 2, 3, 4), i32(0))).toThrow(
      "crossEntropy: scores [2, 2] take targets [2], not [1]",
    );
    expect(() => value(losses.crossEntropy({ weight: [1] }), f32([1, 2], 1, 2), i32(0))).toThrow(
      "crossEntropy: weight has 1 numbers for 2 classes",
    );
    expect(() => losses.crossEntropy({ labelSmoothing: 2 })).toThrow(
      "crossEntropy: labelSmoothing = 2 is outside [0, 1]",
    );
  });
});
