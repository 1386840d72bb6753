import { expect, test } from "vitest";
import { evaluate, input, square, sum } from "../../../engine/ops/index.ts";
import type { Clip } from "../../../engine/session/forward.ts";
import { clipped } from "../../../engine/session/step.ts";

/** The clipped gradient in f64. */
function clip(g: number[], how: Clip): number[] {
  const x = input("g", [g.length]);
  const [values] = evaluate([clipped(x, sum(square(x)), how)], {
    g: { shape: [g.length], dtype: "f32", data: Float64Array.from(g) },
  });
  return [...(values?.data ?? [])];
}

// by hand from torch.nn.utils.clip_grad_norm_: g min(1, norm / (|g| + 1e-6)), and |(3, -4)| = 5
test("a longer gradient is scaled down by its norm and PyTorch's 1e-6, a shorter one stays", () => {
  expect(clip([3, -4], { norm: 1 })).toBeAllclose([3 / 5.000001, -4 / 5.000001], { rtol: 1e-12 });
  expect(clip([3, -4], { norm: 10 })).toEqual([3, -4]);
  expect(clip([0, 0], { norm: 1 })).toEqual([0, 0]);
});

test("every element is cut off on both sides, after the norm", () => {
  expect(clip([3, -4, 1], { value: 2 })).toEqual([2, -2, 1]);
  expect(clip([3, -4], { norm: 2.5000005, value: 1.75 })).toBeAllclose([1.5, -1.75], { rtol: 1e-12 });
});
