import { afterAll, describe, expect, test } from "vitest";
import { wasmProvider } from "../../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../../engine/backends/webgpu/index.ts";
import { Dataset } from "../../../../engine/data/index.ts";
import { symmetricEigen } from "../../../../engine/linalg/index.ts";
import "../../../../engine/diagnostics/index.ts";
import { Interrupted } from "../../../../engine/errors/index.ts";
import { init } from "../../../../engine/init/index.ts";
import { loss } from "../../../../engine/losses/index.ts";
import { nn } from "../../../../engine/nn/index.ts";
import { optim } from "../../../../engine/optim/index.ts";
import type { Chart } from "../../../../engine/protocol/index.ts";
import { normal } from "../../../../engine/random/index.ts";
import { Experiment, inContext, type Run } from "../../../../engine/session/index.ts";
import { HostTensor } from "../../../../engine/tensor/index.ts";
import { blobs } from "../../../support/blobs.ts";
import { testContext } from "../../../support/context.ts";

const wasm = await wasmProvider.open({ threads: 2, log: () => {} });
afterAll(() => wasm.close());

const [ROWS, INPUTS] = [64, 5];
const scales = [3, 1, 0.7, 0.3, 0.1];
const inputs = Float32Array.from(normal(3, 0, ROWS * INPUTS), (z, i) => z * (scales[i % INPUTS] as number));

/** Linear regression: its loss is a quadratic function of the weights. */
function regression(lr: number, over: object = {}): Experiment {
  const y = Float32Array.from({ length: ROWS }, (_, i) => inputs[i * INPUTS] as number);
  return new Experiment({
    data: new Dataset({
      name: "line",
      x: new HostTensor([ROWS, INPUTS], "f32", inputs),
      y: new HostTensor([ROWS, 1], "f32", y),
      task: "regression",
      featureNames: scales.map((s) => `x${s}`),
    }),
    model: nn.sequential(nn.linear(1, { bias: false })),
    loss: loss.mse(),
    optimizer: optim.sgd({ lr }),
    batchSize: ROWS,
    ...over,
  });
}

/** Eigenvalues of 2 X'X / N, the largest first. */
const exact = (() => {
  const gram = Array.from({ length: INPUTS }, (_, i) =>
    Float64Array.from({ length: INPUTS }, (_, j) => {
      let sum = 0;
      for (let r = 0; r < ROWS; r++) sum += (inputs[r * INPUTS + i] as number) * (inputs[r * INPUTS + j] as number);
      return (2 * sum) / ROWS;
    }),
  );
  return Array.from(symmetricEigen(gram).values).reverse();
})();

const inCell = <T>(work: () => Promise<T>, context = testContext(wasm)): Promise<T> => inContext(context, work);

describe("curvature", () => {
  test.each(["lanczos", "power"] as const)("of a quadratic is that of its matrix, by %s", async (method) => {
    const found = await inCell(() => regression(0.1).curvature({ method, top: 3, trace: 200, iterations: 200 }));
    expect(found.top.map(({ value }) => value)).toBeAllclose(exact.slice(0, 3), { rtol: 2e-3 });
    const off = (found.lowest?.value as number) - (exact.at(-1) as number);
    expect(Math.abs(off)).toBeLessThan(method === "power" ? 2e-3 * (exact[0] as number) : 1e-3);
    const trace = exact.reduce((a, b) => a + b, 0);
    expect(Math.abs((found.trace?.value as number) - trace)).toBeLessThan(4 * (found.trace?.error as number) + 1e-4);
    // within rho of the weights: at most slope and curvature together
    const { rho, rise } = found.sharpness as { rho: number; rise: number };
    const bound = rho * found.gradientNorm + (rho ** 2 * (exact[0] as number)) / 2;
    expect(rise).toBeLessThanOrEqual(bound * 1.001);
    expect(rise).toBeGreaterThan(0.7 * bound);
  });

  test("what it says of a rate is what gradient steps of that rate do", async () => {
    const limit = 2 / (exact[0] as number);
    for (const [factor, stable] of [
      [0.95, true],
      [1.05, false],
    ] as const) {
      const run = await inCell(() => regression(factor * limit).fit({ steps: 400 }));
      const found = await inCell(() => regression(factor * limit).curvature());
      expect((found.top[0]?.value as number) < found.bound.value).toBe(stable);
      const first = run.history.trainLoss[0] as number;
      const last = run.history.trainLoss.at(-1) as number;
      expect(last < first).toBe(stable);
      expect(String(found)).toContain(stable ? "edge of stability" : "unstable");
    }
  });

  test.each([
    [{ momentum: 0.9 }, 2 + 1.8],
    [{ momentum: 0.9, nesterov: true }, 3.8 / 2.8],
  ])("%o is stable up to its own bound: gradient steps follow it", async (options, times) => {
    const limit = times / (exact[0] as number);
    for (const [factor, stable] of [
      [0.97, true],
      [1.03, false],
    ] as const) {
      const make = () => regression(0, { optimizer: optim.sgd({ lr: factor * limit, ...options }) });
      const found = await inCell(() => make().curvature());
      expect((found.top[0]?.value as number) < found.bound.value).toBe(stable);
      const run = await inCell(() => make().fit({ steps: 1500 })).catch(() => null);
      const trained =
        (run?.history.trainLoss.at(-1) ?? Number.POSITIVE_INFINITY) < (run?.history.trainLoss[0] as number);
      expect(trained).toBe(stable);
    }
  });

  test("weights of 0 in two layers are a saddle, and there is a way down", async () => {
    const zeros = { weight: init.zeros(), bias: false };
    const model = nn.sequential(nn.linear(4, zeros), nn.linear(1, zeros));
    const found = await inCell(() => regression(0.1, { model }).curvature());
    expect(found.gradientNorm).toBe(0);
    expect(found.kind).toBe("saddle");
    expect(found.lowest?.negative).toBe(true);
    expect(found.lowest?.best.loss as number).toBeLessThan(found.loss);
    const squares = Object.values(found.lowest?.direction ?? {}).flatMap(({ data }) => Array.from(data, (x) => x * x));
    expect(squares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
  });

  test("a trained quadratic is at a minimum", async () => {
    const run = await inCell(() => regression(0.05).fit({ steps: 3000 }));
    expect((await inCell(() => run.curvature())).kind).toBe("minimum");
  });

  test("initial weights with running statistics are looked at in training mode, those of a run in evaluation mode", async () => {
    const model = nn.sequential(nn.linear(4), nn.batchNorm(), nn.relu(), nn.linear(1));
    const exp = regression(0.1, { model, batchSize: 16 });
    expect((await inCell(() => exp.curvature({ trace: 0 }))).training).toBe(true);
    const run = await inCell(() => exp.fit({ steps: 5 }));
    expect((await inCell(() => run.curvature({ trace: 0 }))).training).toBe(false);
  });

  test("nothing of the run changes, and a second look is the first one", async () => {
    const run = await inCell(() => classifier().fit({ epochs: 3 }));
    const before = bits(run);
    const context = testContext(wasm);
    const first = await inCell(() => run.curvature(), context);
    const again = await inCell(() => run.curvature(), context);
    expect(bits(run)).toEqual(before);
    expect(again.top).toBe(first.top); // from memory
    expect((await inCell(() => run.curvature({ seed: 1 }))).top).not.toBe(first.top);
    const chart = context.events.flatMap((e) => (e.event === "output" ? [e.output.items[0]?.data as Chart] : []))[0];
    expect(chart?.title).toContain("Largest curvature");
  });

  test("a stop gives what there is by then, or says that nothing was changed", async () => {
    const stopped = new AbortController();
    stopped.abort();
    const context = testContext(wasm, { signal: stopped.signal });
    await expect(inCell(() => regression(0.1).curvature({ seed: 77 }), context)).rejects.toThrow(Interrupted);
    const later = new AbortController();
    const exp = classifier();
    const probing = testContext(wasm, { signal: later.signal });
    // eigenvalues are there after 20 products at most: what comes then are probes of the trace
    probing.emit = (event) => void (event.event === "progress" && event.done > 60 && later.abort());
    const found = await inCell(() => exp.curvature({ seed: 9, iterations: 20, trace: 10_000 }), probing);
    expect(found.interrupted).toBe(true);
    expect(found.trace).toBeNull();
    expect(String(found)).toContain("interrupted");
  });

  test("both backends see the same spectrum", async () => {
    const webgpu = await webgpuProvider.open({ threads: 0, log: () => {} });
    try {
      const options = { trace: 4, iterations: 30, density: 0 };
      const [a, b] = await Promise.all(
        [wasm, webgpu].map((backend) => inCell(() => classifier().curvature(options), testContext(backend))),
      );
      expect(b?.top.map(({ value }) => value)).toBeAllclose(a?.top.map(({ value }) => value) ?? [], { rtol: 1e-2 });
      expect(b?.trace?.value).toBeCloseTo(a?.trace?.value as number, 2);
    } finally {
      await webgpu.close();
    }
  });
});

describe("taylorStep", () => {
  test("predicts a step on a quadratic exactly", async () => {
    const { steps, illConditioned } = await inCell(() => regression(0.01).taylorStep());
    expect(illConditioned).toBe(false);
    for (const { predicted, actual, lr } of steps) {
      expect(Math.abs(actual - predicted), String(lr)).toBeLessThan(1e-4 * Math.abs(predicted) + 1e-5);
    }
  });

  test("calls a rate ill-conditioned whose curvature term exceeds the slope's", async () => {
    const context = testContext(wasm);
    const found = await inCell(() => regression(1).taylorStep({ lrs: [0.001] }), context);
    expect(found.steps.map(({ lr }) => lr)).toEqual([0.001, 1]);
    expect(found.illConditioned).toBe(true);
    expect(String(found)).toContain("Ill-conditioned at rate 1");
    const { slope, curvature, actual } = found.steps[1] as (typeof found.steps)[number];
    expect(curvature).toBeGreaterThan(-slope);
    expect(actual).toBeGreaterThan(0);
  });
});

const classifier = () =>
  new Experiment({
    data: blobs(120),
    model: nn.sequential(nn.linear(16), nn.tanh(), nn.linear(3)),
    loss: loss.crossEntropy(),
    optimizer: optim.adam({ lr: 0.01 }),
    batchSize: 20,
  });

const bits = (run: Run) => Object.values(run.stateDict()).map(({ data }) => Array.from(data));
