import { describe, expect, test } from "vitest";
import { type Layer, layers, nn } from "../../../engine/nn/index.ts";
import type { Shape } from "../../../engine/tensor/index.ts";
import { traced } from "./traced.ts";

/** y of one trace, evaluated at inputs 1, 2, 3, ... for one seed and step. */
function output(layer: Layer, shape: Shape, { seed = 1, step = 1, training = true } = {}): number[] {
  const { output, values, evaluated } = traced(layer, shape, { seed, step, training });
  const x = values.x as { data: Float64Array };
  x.data.set(x.data.map((_, i) => i + 1));
  return evaluated(output)[0] ?? [];
}

/** Layers whose output in training is drawn, and whose mean over draws is the output in evaluation. */
const noisy: Record<string, { layer: Layer; shape: Shape; spread: number }> = {
  dropout: { layer: nn.dropout(0.4), shape: [2, 3], spread: 6 },
  dropout1d: { layer: nn.dropout1d(0.4), shape: [2, 2, 2], spread: 8 },
  dropout2d: { layer: nn.dropout2d(0.4), shape: [1, 3, 2, 1], spread: 6 },
  dropout3d: { layer: nn.dropout3d(0.4), shape: [1, 3, 2, 1, 1], spread: 6 },
  stochasticDepth: { layer: nn.stochasticDepth(0.4), shape: [3, 2], spread: 6 },
  gaussianNoise: { layer: nn.gaussianNoise(0.5), shape: [2, 3], spread: 0.5 },
  rrelu: {
    layer: nn.sequential(
      nn.module({}, (_, x) => x.neg()),
      nn.rrelu(),
    ),
    shape: [2, 3],
    spread: 0.5,
  },
};

/** Layers that draw and keep mean and variance instead, of inputs that have mean 0 and variance 1. */
const selfNormalizing = ["alphaDropout", "featureAlphaDropout"];

test("every layer that drops is tried", () => {
  const drops = Object.entries(layers).filter(
    ([, { params, summary }]) => "p" in params || /[Nn]oise|drawn/.test(summary),
  );
  const tried = [...Object.keys(noisy), ...selfNormalizing];
  expect(drops.map(([name]) => name).filter((name) => !tried.includes(name))).toEqual([]);
});

describe.each(Object.entries(noisy))("%s", (_name, { layer, shape, spread }) => {
  test("in evaluation gives the mean over the draws of training", () => {
    const draws = 4000;
    const want = output(layer, shape, { training: false });
    const total = want.map(() => 0);
    for (let step = 0; step < draws; step++) {
      for (const [i, y] of output(layer, shape, { step }).entries()) total[i] = (total[i] as number) + y;
    }
    const off = total.map((sum, i) => Math.abs(sum / draws - (want[i] as number)));
    expect(Math.max(...off)).toBeLessThan((5 * spread) / Math.sqrt(draws)); // five deviations of the mean
  });

  test("draws the same for the same seed and step, and others otherwise", () => {
    expect(output(layer, shape)).toEqual(output(layer, shape));
    const others = [2, 3, 4, 5];
    expect(others.some((step) => `${output(layer, shape, { step })}` !== `${output(layer, shape)}`)).toBe(true);
    expect(others.some((seed) => `${output(layer, shape, { seed })}` !== `${output(layer, shape)}`)).toBe(true);
  });
});

/** Output over input for inputs that are not 0: what each element was multiplied by. */
const factors = (layer: Layer, shape: Shape): number[] => output(layer, shape).map((y, i) => y / (i + 1));
const groups = (list: readonly number[], size: number): number[][] =>
  Array.from({ length: list.length / size }, (_, i) => list.slice(i * size, (i + 1) * size));

test.each([
  ["dropout1d", nn.dropout1d(0.5), [10, 20, 6], 6],
  ["dropout2d", nn.dropout2d(0.5), [10, 20, 2, 3], 6],
  ["dropout3d", nn.dropout3d(0.5), [10, 20, 1, 2, 3], 6],
  ["stochasticDepth by row", nn.stochasticDepth(0.5), [200, 2, 3], 6],
] as [string, Layer, Shape, number][])("%s keeps or drops whole parts", (_name, layer, shape, part) => {
  const parts = groups(factors(layer, shape), part);
  for (const one of parts) for (const f of one) expect(f).toBeCloseTo(one[0] as number, 6);
  const dropped = parts.filter(([f]) => f === 0).length;
  const runs = parts.filter(([f], i) => i > 0 && f !== parts[i - 1]?.[0]).length;
  expect(runs / parts.length).toBeGreaterThan(0.35); // neighbours are drawn apart
  expect(dropped / parts.length).toBeGreaterThan(0.35);
  expect(dropped / parts.length).toBeLessThan(0.65);
});

test("stochasticDepth of the batch keeps all or nothing", () => {
  const layer = nn.stochasticDepth(0.5, { mode: "batch" });
  const draws = Array.from(
    { length: 40 },
    (_, step) => new Set(output(layer, [4, 3], { step }).map((y, i) => Math.round(y / (i + 1)))),
  );
  expect(draws.every((kinds) => kinds.size === 1)).toBe(true);
  expect(new Set(draws.flatMap((kinds) => [...kinds]))).toEqual(new Set([0, 2]));
});

test("featureAlphaDropout sets whole channels to one value, and keeps mean 0 and variance 1", () => {
  const { output, values, evaluated } = traced(nn.featureAlphaDropout(0.3), [100, 100, 2]);
  const x = values.x as { data: Float64Array };
  x.data.set(x.data.map((_, i) => (i % 2 ? 1 : -1))); // mean 0, variance 1
  const y = evaluated(output)[0] ?? [];
  const mean = y.reduce((a, b) => a + b) / y.length;
  const variance = y.reduce((a, b) => a + (b - mean) ** 2, 0) / y.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(variance - 1)).toBeLessThan(0.03);
  const dropped = groups(y, 2).filter(([a, b]) => a === b).length;
  expect(dropped / 10_000).toBeCloseTo(0.3, 1);
});

test("gaussianNoise is normal with the deviation that is asked for", () => {
  const y = output(nn.gaussianNoise(0.5), [200, 100]).map((v, i) => v - i - 1);
  const moment = (k: number): number => y.reduce((a, b) => a + b ** k, 0) / y.length;
  expect(Math.abs(moment(1))).toBeLessThan(0.02);
  expect(Math.abs(moment(2) / 0.25 - 1)).toBeLessThan(0.05);
  expect(Math.abs(moment(4) / moment(2) ** 2 - 3)).toBeLessThan(0.3);
});
