import { expect, test } from "vitest";
import { nn } from "../../../engine/nn/index.ts";
import { evaluationBatches } from "../../../engine/session/evaluationBatches.ts";
import { sizeModel } from "../../../engine/session/model.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";

const sized = (model: Parameters<typeof sizeModel>[0], shape: readonly number[]) =>
  sizeModel(model, { x: new HostTensor([1, ...shape], "f32", new Float32Array(shape.reduce((a, b) => a * b, 1))) }, 1);

test("an evaluation takes 256 examples at a time and the rest", () => {
  expect(evaluationBatches(sized(nn.linear(3), [4]), 600)).toEqual([
    { batch: 256, first: 0, count: 2 },
    { batch: 88, first: 512, count: 1 },
  ]);
});

test("and fewer where the layers' outputs would fill the memory", () => {
  // 8 heads over 512 places: 2 Mi words of weights for each example, and little else
  const batches = evaluationBatches(sized(nn.multiheadAttention(8), [512, 8]), 100);
  expect(batches[0]?.batch).toBe(31);
  expect(batches.reduce((n, { batch, count }) => n + batch * count, 0)).toBe(100);
});
