import type { Values } from "../../../engine/ops/index.ts";
import { normal, uniform } from "../../../engine/random/index.ts";
import { sizeOf } from "../../../engine/tensor/index.ts";
import type { Example } from "./examples.ts";

export const values = (shape: readonly number[], data: ArrayLike<number>, dtype: Values["dtype"] = "f32"): Values => ({
  shape,
  dtype,
  data: Float64Array.from(data),
});

/** Numbers for a loss that it takes. */
export function drawn(
  { output: shape, target, targetShape, draw }: Example,
  seed: number,
): { output: Values; target: Values } {
  const size = sizeOf(shape);
  const width = shape.at(-1) as number;
  const raw = Array.from(normal(seed, 0, size));
  const shares = (scores: readonly number[]) =>
    scores.map((x, i) => {
      const row = scores.slice(Math.floor(i / width) * width, (Math.floor(i / width) + 1) * width);
      return Math.exp(x) / row.reduce((s, v) => s + Math.exp(v), 0);
    });
  const output = {
    none: () => raw,
    probabilities: () => raw.map((x) => 1 / (1 + Math.exp(-x))),
    positive: () => raw.map((x) => Math.abs(x) + 0.1),
    logProbabilities: () => shares(raw).map(Math.log),
  }[draw ?? "none"]();
  const own = targetShape ?? (target === "classes" ? shape.slice(0, -1) : shape);
  const count = sizeOf(own);
  const u = Array.from(uniform(seed + 1, 0, count));
  const other = Array.from(normal(seed + 2, 0, count));
  const made = {
    none: () => u,
    classes: () => u.map((_, i) => (i * 2 + (i % 4 === 3 ? 1 : 0)) % width),
    labels: () => u.map((v, i) => Number(i % width === 0 || v > 0.6)),
    signs: () => u.map((v, i) => (i % 3 === 0 || v > 0.6 ? 1 : -1)),
    values: () => other,
    counts: () => u.map((v) => Math.floor(v * 5)),
    shares: () => shares(other),
    logShares: () => shares(other).map(Math.log),
  }[target]();
  return { output: values(shape, output), target: values(own, made, target === "classes" ? "i32" : "f32") };
}
