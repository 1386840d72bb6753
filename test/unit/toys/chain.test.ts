import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { inContext } from "../../../engine/context/index.ts";
import { chainParams } from "../../../engine/toys/chain.ts";
import { toy } from "../../../engine/toys/index.ts";
import { testContext } from "../../support/context.ts";

let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
});
afterAll(() => backend.close());

const chain = (options: Parameters<typeof toy.chain>[0]) => inContext(testContext(backend), () => toy.chain(options));
const activations = ["sigmoid", "tanh", "relu", "leakyRelu", "elu", "softplus", "softsign", "identity"] as const;

test("every activation is tried", () => {
  expect(chainParams.activation.type).toBe(activations.map((name) => `"${name}"`).join(" | "));
});

test.each(activations)("%s: the product of the factors is the engine's gradient", async (activation) => {
  for (const [depth, seed] of [
    [1, 0],
    [4, 1],
    [12, 2],
    [40, 3],
  ] as const) {
    const { product, gradient, weights, slopes } = await chain({ depth, seed, activation, bias: 0.5 });
    const want = slopes.reduce((a, b) => a * b) * weights.slice(1).reduce((a, b) => a * b, 1);
    expect(product).toBeCloseTo(want, 12);
    if (Math.abs(product) > 1e-37) expect(Math.abs(gradient / product - 1)).toBeLessThan(1e-5);
    else expect(Math.abs(gradient)).toBeLessThan(1e-37);
  }
});

test("sigmoids let through at most a quarter each", async () => {
  const { slopes, passed, weights } = await chain({ depth: 4, seed: 5 });
  expect(Math.max(...slopes)).toBeLessThanOrEqual(0.25);
  expect(Math.abs(passed[0] as number)).toBeLessThanOrEqual(
    0.25 ** 4 * weights.slice(1).reduce((a, w) => a * Math.abs(w), 1),
  );
});

test("it says how much of the gradient arrives, and where none does", async () => {
  expect(String(await chain({ depth: 4, seed: 1 }))).toMatch(
    /^Of the gradient, 8\.12e-4 reaches the first of 4 layers; sigmoids alone let through at most 0\.25\^4 = 0\.00391\n/,
  );
  expect(String(await chain({ depth: 8, seed: 2, activation: "relu", bias: 1 }))).toMatch(
    /^Nothing of the gradient passes layer 7 of 8: the slope of its relu is 0\n/,
  );
  expect(String(await chain({ depth: 200 }))).toContain("the product is smaller than f32 can hold");
});
