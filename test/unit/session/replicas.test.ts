import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import { data as sources } from "../../../engine/data/index.ts";
import { globals } from "../../../engine/library.ts";
import { uniform } from "../../../engine/random/index.ts";
import { inContext, type Run } from "../../../engine/session/index.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import "../../support/allclose.ts";
import { testContext } from "../../support/context.ts";

const { nn, loss, metrics, optim, experiment, schedule } = globals;

/** Pictures of 6 x 6 in three classes, such that no net has them all right: a fifth of the labels is wrong. */
const pictures = (() => {
  const [count, size] = [130, 36];
  const noise = uniform(3, 1, count * size);
  const x = noise.map((v, i) => 2.5 * v + Math.sin((i % size) / ((Math.floor(i / size) % 3) + 1)));
  return sources.tensors({
    x: new HostTensor([count, size], "f32", Float32Array.from(x)),
    y: new HostTensor(
      [count],
      "i32",
      Int32Array.from({ length: count }, (_, i) => (i + Number(i % 5 === 0)) % 3),
    ),
  });
})();
const flat = pictures.split({ valid: 0.2, test: 0.1, seed: 3 });
const square = pictures.reshape([1, 6, 6]).split({ valid: 0.2, test: 0.1, seed: 3 });

const made = {
  perceptron: (more: object = {}) =>
    experiment({
      data: flat,
      model: nn.sequential(nn.linear(16), nn.relu(), nn.linear(3)),
      loss: loss.crossEntropy(),
      metrics: [metrics.accuracy()],
      optimizer: optim.adam({ lr: 0.01 }),
      batchSize: 16,
      seed: 4,
      ...more,
    }),
  convnet: (more: object = {}) =>
    experiment({
      data: square,
      model: nn.sequential(
        nn.conv2d(4, { kernelSize: 3, padding: 1 }),
        nn.batchNorm(),
        nn.relu(),
        nn.maxPool2d(2),
        nn.flatten(),
        nn.dropout(0.3),
        nn.linear(3),
      ),
      loss: loss.crossEntropy(),
      metrics: [metrics.accuracy()],
      optimizer: optim.sgd({ lr: 0.05, momentum: 0.9 }),
      clip: { norm: 0.5 },
      batchSize: 16,
      seed: 4,
      ...more,
    }),
};

const options = {
  perceptron: { epochs: 4 },
  convnet: { epochs: 4, schedule: schedule.oneCycle({ maxLr: 0.1 }) },
};

/** All that training decides. */
const whatItIs = (run: Run) => ({
  steps: run.steps,
  epochs: run.record.epochs,
  stopped: run.stopped,
  final: run.final,
  history: run.history,
  weights: run.weights,
  checkpoint: {
    ...run.checkpoint,
    progress: { ...run.progress, run: "", best: run.progress?.best },
  },
  strip: run.instruments?.strip.rows(),
});

/** `backend` with one of its properties or methods replaced. */
const altered = <K extends keyof Backend>(backend: Backend, key: K, by: () => Backend[K]): Backend =>
  new Proxy(backend, {
    get: (target, name) => {
      if (name === key) return by();
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

/** A context that is stopped once a plan has written so often to the device. */
function stopping(backend: Backend, writes: number) {
  const stop = new AbortController();
  let seen = 0;
  const counting = altered(backend, "write", () => (...given) => {
    seen += 1;
    if (seen === writes) stop.abort();
    backend.write(...given);
  });
  return testContext(counting, { signal: stop.signal });
}

describe("on the CPU", () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await wasmProvider.open({ threads: 2, log: () => {} });
  });
  afterAll(() => backend.close());
  const quietly = <T>(work: () => Promise<T>): Promise<T> => inContext(testContext(backend), work);

  describe.each(["perceptron", "convnet"] as const)("%s", (net) => {
    test("every seed and rate is the run that fit gives, to the bits", async () => {
      const { adam, sgd } = optim;
      const optimizer = (lr: number) => (net === "perceptron" ? adam({ lr }) : sgd({ lr, momentum: 0.9 }));
      const exp = made[net]();
      const found = await quietly(() =>
        exp.replicas({ ...options[net], seeds: [4, 9, 2], vary: { lr: [0.03, 0.002] } }),
      );
      expect(found.lanes).toEqual([6]);
      expect(found.labels).toEqual(["lr 0.03", "lr 0.03", "lr 0.03", "lr 0.002", "lr 0.002", "lr 0.002"]);
      const wanted = [0.03, 0.002].flatMap((lr) => [4, 9, 2].map((seed) => ({ lr, seed })));
      for (const [i, { lr, seed }] of wanted.entries()) {
        const alone = await quietly(() => made[net]({ optimizer: optimizer(lr), seed }).fit(options[net]));
        expect(whatItIs(found.runs[i] as Run)).toEqual(whatItIs(alone));
        expect(found.runs[i]?.experiment.options.seed).toBe(seed);
      }
      expect(exp.runs).toEqual(found.runs);
    });

    test("early stopping ends each at its own epoch, with the weights of its best", async () => {
      const fit = { ...options[net], epochs: 30, earlyStopping: { patience: 2 } };
      const found = await quietly(() => made[net]().replicas({ ...fit, seeds: 5 }));
      for (const [i, run] of found.runs.entries()) {
        const alone = await quietly(() => made[net]({ seed: 4 + i }).fit(fit));
        expect(whatItIs(run)).toEqual(whatItIs(alone));
      }
      expect(new Set(found.runs.map((run) => run.steps)).size).toBeGreaterThan(1);
    });

    test("a stop keeps all of them, and they go on to the bits of uninterrupted ones", async () => {
      const exp = made[net]();
      const fit = { ...options[net], epochs: 40, seeds: 3, validateEvery: 2 };
      const stopped = await inContext(stopping(backend, 40), () => exp.replicas(fit));
      expect(stopped.complete).toBe(false);
      expect(stopped.runs.map((run) => run.stopped)).toEqual(["interrupted", "interrupted", "interrupted"]);
      expect(stopped.runs[0]?.steps).toBeGreaterThan(0);
      const { seeds: _, ...rest } = fit;
      const resumed = await quietly(() => exp.replicas({ ...rest, resume: stopped }));
      const whole = await quietly(() => made[net]().replicas(fit));
      for (const [i, run] of resumed.runs.entries()) {
        expect(run.weights).toEqual(whole.runs[i]?.weights);
        expect(run.checkpoint.state).toEqual(whole.runs[i]?.checkpoint.state);
        expect(run.final).toEqual(whole.runs[i]?.final);
      }
      const { schedule: given = null } = fit as { schedule?: unknown };
      const one = stopped.runs[1] as Run;
      const alone = await quietly(() =>
        one.experiment.fit({ epochs: 40, validateEvery: 2, schedule: given as never, resume: one }),
      );
      expect(alone.weights).toEqual(whole.runs[1]?.weights);
    });
  });

  test("one that is not finite ends alone, is named, and keeps its last good state", async () => {
    const exp = made.perceptron({ optimizer: optim.sgd({ lr: 0.1 }) });
    const fit = { epochs: 3, vary: { lr: [0.1, 1e30, 0.02] } };
    const found = await quietly(() => exp.replicas(fit));
    expect(found.runs.map((run) => run.stopped)).toEqual(["finished", "non-finite", "finished"]);
    expect(found.runs[1]?.weights.parameters.every(Number.isFinite)).toBe(true);
    expect(String(found)).toMatch(/lr 1e30: training stopped at step \d+: .* is the first that is not finite/);
    for (const [i, lr] of [0.1, 1e30, 0.02].entries()) {
      const single = made.perceptron({ optimizer: optim.sgd({ lr }) });
      const alone = await quietly(() => single.fit({ epochs: 3 }).catch(() => single.lastRun as Run));
      expect(whatItIs(found.runs[i] as Run)).toEqual(whatItIs(alone));
    }
    expect(found.best).toBe(found.runs.find((run) => run.final.validAccuracy === found.groups[0]?.median));
  });

  test("schedules, and numbers that a schedule drives, differ by lane", async () => {
    const { oneCycle, cosine } = schedule;
    const [a, b, c] = [oneCycle({ maxLr: 0.05 }), cosine(), null];
    const exp = made.perceptron();
    const found = await quietly(() =>
      exp.replicas({
        epochs: 3,
        vary: {
          schedule: [a, b, c],
          betas: [
            [0.8, 0.99],
            [0.9, 0.999],
          ],
        },
      }),
    );
    expect(found.lanes).toEqual([6]);
    for (const [i, given] of [a, a, b, b, c, c].entries()) {
      const betas = i % 2 ? ([0.9, 0.999] as const) : ([0.8, 0.99] as const);
      const single = made.perceptron({ optimizer: optim.adam({ lr: 0.01, betas }) });
      const alone = await quietly(() => single.fit({ epochs: 3, schedule: given }));
      expect(whatItIs(found.runs[i] as Run)).toEqual(whatItIs(alone));
    }
  });

  test("what no plan can share trains in turn: a momentum of none, other batch sizes, other optimizers", async () => {
    const exp = made.perceptron();
    const settings = [
      { optimizer: optim.sgd({ lr: 0.1 }) },
      { optimizer: optim.sgd({ lr: 0.1, momentum: 0.9 }) },
      { optimizer: optim.sgd({ lr: 0.05, momentum: 0.8 }) },
      { batchSize: 32 },
    ];
    const found = await quietly(() => exp.replicas({ epochs: 2, vary: settings }));
    expect(found.lanes).toEqual([1, 2, 1]);
    for (const [i, setting] of settings.entries()) {
      const alone = await quietly(() => made.perceptron(setting).fit({ epochs: 2 }));
      expect(whatItIs(found.runs[i] as Run)).toEqual(whatItIs(alone));
    }
    expect(new Set(found.labels).size).toBe(4);
  });

  test("each writes a log and a checkpoint of its own, from which fit goes on", async () => {
    const folder = mkdtempSync(join(tmpdir(), "replicas-"));
    try {
      const found = await inContext(testContext(backend, { folder }), () =>
        made.perceptron().replicas({ epochs: 2, seeds: 3 }),
      );
      expect(readdirSync(join(folder, "runs"))).toHaveLength(3);
      const one = found.runs[2] as Run;
      const path = join(one.folder as string, "checkpoints", "last.safetensors");
      const further = await quietly(() => one.experiment.fit({ epochs: 4, resume: path }));
      const whole = await quietly(() => made.perceptron({ seed: 6 }).fit({ epochs: 4 }));
      expect(further.weights).toEqual(whole.weights);
      expect(await quietly(() => one.evaluate(flat.test as never))).toEqual({
        loss: one.final.testLoss,
        accuracy: one.final.testAccuracy,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("where memory does not take all at once, they train in parts and say so", async () => {
    const most = 600_000;
    const cramped = altered(backend, "room", () => {
      const free = most - backend.deviceBytes;
      return { free, largest: free };
    });
    const found = await inContext(testContext(cramped), () => made.perceptron().replicas({ epochs: 2, seeds: 16 }));
    expect(found.lanes.length).toBeGreaterThan(1);
    expect(found.lanes.reduce((a, b) => a + b)).toBe(16);
    expect(String(found)).toMatch(/models side by side need .* free on wasm; take \d+ or fewer: trained \d+ at a time/);
    const whole = await quietly(() => made.perceptron().replicas({ epochs: 2, seeds: 16 }));
    for (const [i, run] of found.runs.entries()) expect(run.weights).toEqual(whole.runs[i]?.weights);
  });

  test("shows one chart, one line of progress and one summary for all", async () => {
    const context = testContext(backend);
    const found = await inContext(context, () => made.perceptron().replicas({ epochs: 6, seeds: 8 }));
    const charts = context.events.flatMap((e) => (e.event === "output" ? [e.output.id] : []));
    expect(new Set(charts).size).toBe(1);
    expect(context.events.filter((e) => e.event === "run")).toHaveLength(8);
    expect(String(found)).toMatch(/^validation accuracy 0\.\d+ ± 0\.\d+ over 8 seeds, from 0\.\d+ to [01]/);
    expect(String(found)).toMatch(/8 runs in [\d.]+ s, 8 side by side/);
  });

  test("mistakes are said before anything trains", async () => {
    const exp = made.perceptron();
    const ask = (given: object) => quietly(() => exp.replicas(given));
    await expect(ask({ vary: { lrr: [1, 2] } })).rejects.toThrow(
      'nothing called "lrr" can be varied; did you mean "lr"?',
    );
    await expect(ask({ vary: { lr: [1, -2] } })).rejects.toThrow("adam: lr = -2 is outside [0, inf)");
    await expect(ask({ vary: { lr: 0.1 } })).rejects.toThrow("replicas: vary must be lists by name");
    await expect(ask({ vary: { seed: [1, 2] } })).rejects.toThrow("seeds stand beside vary");
    await expect(ask({ seeds: 2, epochs: 1, steps: 1 })).rejects.toThrow("replicas: epochs and steps are both given");
    const some = await ask({ seeds: 2, epochs: 1 });
    await expect(ask({ seeds: 2, resume: some })).rejects.toThrow("leave out seeds and vary");
    await expect(ask({ epochs: 1, resume: some })).rejects.toThrow("ask for more epochs or steps");
  });
});

test("on a GPU every replica is the run that fit gives, but for the order of sums", async () => {
  const backend = await webgpuProvider.open({ threads: 0, log: () => {} });
  try {
    await inContext(testContext(backend), async () => {
      const found = await made.convnet().replicas({ ...options.convnet, epochs: 2, seeds: 3 });
      for (const [i, run] of found.runs.entries()) {
        const alone = await made.convnet({ seed: 4 + i }).fit({ ...options.convnet, epochs: 2 });
        expect(run.weights.parameters).toBeAllclose(alone.weights.parameters, { rtol: 1e-3, atol: 1e-4 });
        expect(run.final.validLoss).toBeCloseTo(alone.final.validLoss as number, 3);
      }
    });
  } finally {
    await backend.close();
  }
});
