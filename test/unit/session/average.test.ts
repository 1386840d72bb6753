import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { average, averages, countAt, weightAt } from "../../../engine/average/index.ts";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import { Splits } from "../../../engine/data/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { metrics } from "../../../engine/metrics/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { regularize } from "../../../engine/regularize/index.ts";
import { Experiment, inContext, type Run } from "../../../engine/session/index.ts";
import "../../../engine/diagnostics/index.ts";
import "../../support/allclose.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";

const data = new Splits({ train: blobs(48), valid: blobs(30, 100), test: blobs(30, 200) });

const make = (kept: unknown, over: object = {}) =>
  new Experiment({
    data,
    model: nn.sequential(nn.linear(6), nn.tanh(), nn.linear(3)),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.sgd({ lr: 0.3, momentum: 0.9 }),
    batchSize: 16,
    average: kept,
    seed: 5,
    ...over,
  });

describe.each(Object.keys(averages) as (keyof typeof averages)[])("average.%s", (name) => {
  const made = average[name]({ per: "step" });

  test("copies the first weights, and counts none twice: weights add up to 1", () => {
    expect(weightAt(made, { step: 0, stepsPerEpoch: 3 })).toBe(1);
    const shares = [1];
    for (let step = 1; step < 20; step++) {
      const weight = weightAt(made, { step, stepsPerEpoch: 3 });
      expect(weight).toBeGreaterThan(0);
      expect(weight).toBeLessThan(1);
      for (const i of shares.keys()) shares[i] = (shares[i] as number) * (1 - weight);
      shares.push(weight);
    }
    expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  });

  test("takes weights from `start` on, every so many steps or epochs, and no others", () => {
    const taken = (options: object, steps: number) =>
      Array.from({ length: steps }, (_, step) => step + 1).filter(
        (t) => weightAt(average[name](options), { step: t - 1, stepsPerEpoch: 3 }) > 0,
      );
    expect(taken({ per: "step", start: 4, every: 3 }, 12)).toEqual([4, 7, 10]);
    expect(taken({ per: "step", every: 5 }, 12)).toEqual([5, 10]);
    expect(taken({ per: "epoch", start: 2 }, 12)).toEqual([6, 9, 12]);
    expect(countAt(average[name]({ per: "epoch", start: 2, every: 2 }), { step: 17, stepsPerEpoch: 3 })).toBe(2);
  });
});

test("ema: half of Polyak's 0.95 is younger than 13.5134 steps; swa counts all alike", () => {
  const polyak = average.ema({ decay: 0.95 });
  const weight = weightAt(polyak, { step: 7, stepsPerEpoch: 1 });
  expect(Math.log(0.5) / Math.log(1 - weight)).toBeCloseTo(13.5134, 4);
  const swa = average.swa({ per: "step" });
  expect([0, 1, 2, 9].map((step) => weightAt(swa, { step, stepsPerEpoch: 1 }))).toEqual([1, 1 / 2, 1 / 3, 1 / 10]);
});

test("what is no average is refused", () => {
  expect(() => make("ema")).toThrow("experiment: average must be an average, as from average.ema");
  expect(() => average.ema({ decay: 1 })).toThrow("ema: decay = 1 is outside [0, 1)");
  expect(() => make(average.ema(), { optimizer: optim.lbfgs(), batchSize: 48 })).toThrow("leave out average");
});

describe.each(["wasm", "webgpu"])("on %s", (name) => {
  let backend: Backend;
  let folder: string;

  beforeAll(async () => {
    const provider = { wasm: wasmProvider, webgpu: webgpuProvider }[name] as typeof wasmProvider;
    backend = await provider.open({ threads: 2, log: () => {} });
    folder = mkdtempSync(join(tmpdir(), "dlnb-average-"));
  });
  afterAll(async () => {
    await backend.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const inside = <T>(work: () => Promise<T>): Promise<T> => inContext(testContext(backend, { folder }), work);
  const train = (experiment: Experiment, options: object): Promise<Run> => inside(() => experiment.fit(options));
  const parameters = (run: Run) => Object.values(run.stateDict()).flatMap((t) => [...t.data]);

  test("is that of the weights after each step, leaves training as it is, and is measured beside it", async () => {
    const options = { epochs: 4, trace: 13 };
    const run = await train(make(average.ema({ decay: 0.8 })), options);
    const plain = await train(make(null), options);
    expect(parameters(run)).toEqual(parameters(plain));
    const want = new Float64Array(plain.trace[0]?.weights.parameters.length ?? 0);
    for (const { step, weights } of plain.trace) {
      if (step === 0) continue;
      const weight = step === 1 ? 1 : 0.2;
      for (const [i, p] of weights.parameters.entries()) want[i] = (want[i] as number) * (1 - weight) + weight * p;
    }
    expect(plain.trace.length).toBe(13);
    expect(run.averaged.weights.parameters).toBeAllclose(want, { rtol: 1e-5, atol: 1e-6 });

    const again = await inside(() => run.averaged.evaluate(data.test as never));
    expect(run.averaged.final.testLoss).toBeCloseTo(again.loss as number, 6);
    expect(run.averaged.final.validAccuracy).toBeGreaterThan(0.5);
    expect(run.history.averaged?.loss).toHaveLength(4);
    expect(run.history.averaged?.loss?.at(-1)).toBeCloseTo(run.averaged.final.validLoss as number, 6);
    expect(run.history.averaged?.accuracy).toHaveLength(4);
    expect(run.history.valid).toEqual(plain.history.valid);
    expect(String(run)).toContain("averaged valid  loss");
    expect(run.averaged.name).toBe(`${run.name}, averaged`);
    expect(() => plain.averaged).toThrow(
      "no average of its weights was kept; give the experiment average: average.ema()",
    );
  });

  test("predicts, saves and is looked at as any run", async () => {
    const run = await train(make(average.swa({ start: 2 })), { epochs: 4 });
    const path = await inside(async () => run.averaged.save("averaged.safetensors"));
    const loaded = make(null).load(path);
    expect(parameters(loaded)).toEqual(parameters(run.averaged));
    const x = data.test?.x as never;
    const outputs = await inside(() => run.averaged.predict(x));
    expect([...(await inside(() => loaded.predict(x))).data]).toEqual([...outputs.data]);
    await inside(() => run.averaged.inspect.confusion());
    const late = await train(make(average.swa({ start: 9 })), { epochs: 2 });
    expect(() => late.averaged).toThrow("swa had not begun by step 6; give it a smaller start");
  });

  test("goes on to the bits of an uninterrupted run, from a run and from a file, and only as the same average", async () => {
    const kept = average.ema({ decay: 0.7, start: 2, every: 2 });
    const whole = await train(make(kept), { steps: 11 });
    const half = await train(make(kept), { steps: 5 });
    const path = await inside(async () => half.save("half.safetensors"));
    for (const resume of [half, path]) {
      const run = await train(make(kept), { steps: 11, resume });
      expect(parameters(run.averaged)).toEqual(parameters(whole.averaged));
    }
    await expect(train(make(average.ema({ decay: 0.9 })), { steps: 11, resume: half })).rejects.toThrow("average is {");
  });

  test("frozen parameters are those of the run, and groups and accumulated batches average as one", async () => {
    const optimizer = optim.sgd({
      lr: 0.3,
      groups: [
        { params: "0.bias", frozen: true },
        { params: "2", lr: 0.1 },
      ],
    });
    const run = await train(make(average.ema({ decay: 0.5 }), { optimizer, batchSize: 8, accumulate: 2 }), {
      epochs: 2,
    });
    const [own, averaged] = [run.stateDict(), run.averaged.stateDict()];
    expect(averaged["0.bias"]?.data).toEqual(own["0.bias"]?.data);
    expect(averaged["2.bias"]?.data).not.toEqual(own["2.bias"]?.data);
  });

  test("what limits make of the weights is what counts", async () => {
    const over = { regularize: [regularize.maxNorm({ norm: 0.3 })] };
    const run = await train(make(average.swa({ per: "step" }), over), { steps: 6, trace: 7 });
    const [, ...after] = run.trace.map(({ weights }) => weights.parameters);
    const mean = (after[0] as Float32Array).map((_, i) => after.reduce((sum, p) => sum + (p[i] as number) / 6, 0));
    expect(run.averaged.weights.parameters).toBeAllclose(mean, { rtol: 1e-5, atol: 1e-6 });
  });

  test("batch norm's statistics are measured anew for averaged weights, as update_bn", async () => {
    const model = nn.sequential(nn.linear(5), nn.batchNorm(), nn.relu(), nn.linear(3));
    const run = await train(make(average.ema({ decay: 0.9 }), { model, shuffle: false }), { epochs: 3 });
    const { weights } = run.averaged;
    // the average of what each batch's outputs of the first layer come to with these weights
    const state = run.averaged.stateDict();
    const x = data.train.x;
    const [w, b] = [state["0.weight"]?.data as Float32Array, state["0.bias"]?.data as Float32Array];
    const means = new Float64Array(5);
    const variances = new Float64Array(5);
    for (let batch = 0; batch < 3; batch++) {
      for (let unit = 0; unit < 5; unit++) {
        const z = Array.from({ length: 16 }, (_, i) => {
          const row = 16 * batch + i;
          return Array.from(
            { length: 4 },
            (_, k) => (x.data[row * 4 + k] as number) * (w[unit * 4 + k] as number),
          ).reduce((a, c) => a + c, b[unit] as number);
        });
        const mean = z.reduce((a, c) => a + c, 0) / 16;
        means[unit] = (means[unit] as number) + mean / 3;
        variances[unit] = (variances[unit] as number) + z.reduce((a, c) => a + (c - mean) ** 2, 0) / 15 / 3;
      }
    }
    expect(state["1.running_mean"]?.data).toBeAllclose(means, { rtol: 1e-4, atol: 1e-5 });
    expect(state["1.running_var"]?.data).toBeAllclose(variances, { rtol: 1e-4, atol: 1e-5 });
    expect(weights.running).not.toEqual(run.weights.running);
    const found = await inside(() => run.evaluate(data.valid as never));
    expect(found.loss).toBeCloseTo(run.final.validLoss as number, 6);
  });

  test("replicas keep averages as fit does", async () => {
    const found = await inside(() => make(average.ema({ decay: 0.8 })).replicas({ seeds: 2, epochs: 2 }));
    for (const run of found.runs as Run[]) {
      const seed = run.experiment.options.seed;
      const again = await train(make(average.ema({ decay: 0.8 }), { seed }), { epochs: 2 });
      expect(parameters(again.averaged)).toBeAllclose(parameters(run.averaged), { rtol: 1e-4, atol: 1e-6 });
      expect(run.averaged.final.testLoss).toBeCloseTo(again.averaged.final.testLoss as number, 4);
      if (name === "wasm") expect(parameters(again.averaged)).toEqual(parameters(run.averaged));
    }
  });
});
