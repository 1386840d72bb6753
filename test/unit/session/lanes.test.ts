import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import { Dataset, Splits } from "../../../engine/data/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { type Metric, metrics } from "../../../engine/metrics/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { Experiment, inContext } from "../../../engine/session/index.ts";
import { LaneTraining } from "../../../engine/session/laneTraining.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import "../../support/allclose.ts";
import { testContext } from "../../support/context.ts";

/** Pictures of 6 x 6 in three classes: stripes at three angles, and noise. */
function stripes(count: number, task: "classification" | "regression" = "classification"): Dataset {
  const x = new Float32Array(count * 36);
  const y = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    y[i] = i % 3;
    for (let k = 0; k < 36; k++) {
      const [row, column] = [Math.floor(k / 6), k % 6];
      const along = [row, column, row + column][i % 3] as number;
      x[i * 36 + k] = Math.sin(along + i) + 0.6 * Math.sin(i * 7.13 + k * 2.71);
    }
  }
  const values = Float32Array.from(y, (label, i) => label - 1 + 0.2 * Math.sin(i * 3.3));
  return new Dataset({
    name: "stripes",
    x: new HostTensor([count, 36], "f32", x),
    y: task === "classification" ? new HostTensor([count], "i32", y) : new HostTensor([count, 1], "f32", values),
    task,
    featureNames: [],
    ...(task === "classification" ? { classes: ["0", "1", "2"] } : {}),
  });
}

/** Six tokens of five, each to be followed by the next. */
function sequences(count: number): Dataset {
  const token = (i: number): number => Math.floor(2.5 + 2.4 * Math.sin(i * i * 0.37 + i));
  const tokens = (shift: number) =>
    new HostTensor(
      [count, 6],
      "i32",
      Int32Array.from({ length: count * 6 }, (_, i) => token(i + shift)),
    );
  const classes = [..."01234"];
  return new Dataset({
    ...{ name: "sequences", task: "classification", featureNames: [], classes },
    ...{ x: tokens(0), y: tokens(1) },
  });
}

const nets = {
  "perceptron, momentum": {
    data: stripes(103),
    model: nn.sequential(nn.linear(16), nn.tanh(), nn.linear(3)),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: (lr: number) => optim.sgd({ lr, momentum: 0.9, weightDecay: 1e-3 }),
    batchSize: 16,
  },
  "convolution, batch norm and dropout, adamw": {
    data: stripes(70).reshape([1, 6, 6]),
    model: nn.sequential(
      nn.conv2d(4, { kernelSize: 3, padding: 1, bias: false }), // batch norm takes a bias away again,
      nn.batchNorm(),
      nn.relu(),
      nn.maxPool2d(2),
      nn.flatten(),
      nn.dropout(0.2),
      nn.linear(3),
    ),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: (lr: number) => optim.adamw({ lr }),
    batchSize: 16,
  },
  "tokens, attention with dropout, adamw": {
    data: sequences(70),
    model: nn.sequential(
      nn.embedding(5, { embeddingDim: 8 }),
      nn.learnedPositions(),
      nn.transformerEncoderLayer(2, { dimFeedforward: 8, causal: true, bias: false }), // keys' biases have no gradient but noise
      nn.linear(5),
    ),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: (lr: number) => optim.adamw({ lr }),
    batchSize: 16,
  },
  "regression with clipping, radam": {
    data: stripes(60, "regression"),
    model: nn.sequential(nn.linear(8, { bias: false }), nn.batchNorm(), nn.tanh(), nn.linear(1)),
    loss: loss.mse(),
    metrics: [],
    optimizer: (lr: number) => optim.radam({ lr }),
    batchSize: 20,
    clip: { norm: 0.5 },
  },
};

const STEPS = 50;

/** The training examples validate too. */
const validated = (options: { data?: Dataset }) => ({
  ...options,
  data: new Splits({ train: options.data as Dataset, valid: options.data }),
});

/** Losses of a single run, its weights, and what it says of the training examples in evaluation mode. */
async function single(backend: Backend, options: object) {
  const losses: number[] = [];
  const experiment = new Experiment(options);
  experiment.onSteps = (rows) => losses.push(...rows.loss);
  return await inContext(testContext(backend), async () => {
    const run = await experiment.fit({ steps: STEPS });
    return {
      losses,
      weights: [...run.weights.parameters],
      valid: await run.evaluate(experiment.splits.train),
    };
  });
}

/** Losses of all lanes and whether their steps counted, [lanes][steps], and the same of the end. */
async function side(backend: Backend, options: object, seeds: readonly number[], rates: readonly number[]) {
  const training = new LaneTraining(backend, new Experiment(validated(options)), {
    seeds,
    byLane: () => ({ lr: rates }),
    metrics: (options as { metrics: Metric[] }).metrics,
  });
  try {
    const losses = seeds.map((): number[] => []);
    const ok = seeds.map((): number[] => []);
    await training.run(STEPS, new AbortController().signal, ({ count, rows }) => {
      for (let i = 0; i < count * seeds.length; i++) {
        losses[i % seeds.length]?.push(rows.loss?.[i] as number);
        ok[i % seeds.length]?.push(rows.ok?.[i] as number);
      }
      return false;
    });
    return { losses, ok, weights: await training.lanes.save(), valid: await training.validate() };
  } finally {
    training.dispose();
  }
}

const withRate = (options: (typeof nets)[keyof typeof nets], lr: number, seed: number) => ({
  ...options,
  seed,
  optimizer: options.optimizer(lr),
});

describe.each([
  ["wasm", () => wasmProvider.open({ threads: 2, log: () => {} }), [1, 3, 16, 64]],
  ["webgpu", () => webgpuProvider.open({ threads: 0, log: () => {} }), [3]],
] as const)("lanes on %s", (_, open, counts) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  describe.each(Object.entries(nets))("%s", (_, options) => {
    test.each(counts.map((n) => [n]))("each of %i lanes is a run with its seed and rate", async (lanes) => {
      const seeds = Array.from({ length: lanes }, (_, i) => 5 + (i % 4));
      const rates = Array.from({ length: lanes }, (_, i) => 0.01 * 1.06 ** i);
      const all = await side(backend, withRate(options, 1e-3, seeds[0] as number), seeds, rates);
      for (const lane of new Set([0, lanes >> 1, lanes - 1])) {
        const one = await single(backend, withRate(options, rates[lane] as number, seeds[lane] as number));
        expect(all.losses[lane]).toBeAllclose(one.losses, { rtol: 1e-5, atol: 1e-6 });
        const weights = [...(all.weights[lane]?.parameters ?? [])];
        // the CPU adds in the same order whatever stands beside a lane; a GPU splits sums by their number
        if (backend.name === "wasm") expect(weights).toEqual(one.weights);
        else expect(weights).toBeAllclose(one.weights, { rtol: 1e-4, atol: 1e-5 });
        expect(all.valid?.loss?.[lane]).toBeCloseTo(one.valid.loss as number, 5);
        expect(all.valid?.accuracy?.[lane]).toEqual(one.valid.accuracy);
      }
    });
  });

  test("a lane that is not finite halts with its last good weights, and the others go on", async () => {
    const options = nets["perceptron, momentum"];
    const rates = [0.05, 1e30, 0.1];
    const all = await side(backend, { ...options, ...regression, optimizer: options.optimizer(0.1) }, [1, 1, 1], rates);
    expect(all.ok.map((lane) => lane.indexOf(0))).toEqual([-1, expect.any(Number), -1]);
    expect(all.ok[1]?.indexOf(0)).toBeLessThan(10);
    expect(all.weights[1]?.parameters.every(Number.isFinite)).toBe(true);
    const one = await single(backend, { ...options, ...regression, seed: 1, optimizer: options.optimizer(0.1) });
    expect(all.losses[2]).toBeAllclose(one.losses, { rtol: 1e-5, atol: 1e-6 });
  });
});

const regression = {
  data: stripes(103, "regression"),
  model: nn.sequential(nn.linear(16), nn.tanh(), nn.linear(1)),
  loss: loss.mse(),
  metrics: [],
};

test("lanes that do not fit say how many would", async () => {
  const backend = await wasmProvider.open({ threads: 1, log: () => {} });
  try {
    const small = { free: 1e6, largest: 1e6 };
    const cramped = new Proxy(backend, {
      get: (target, name) => {
        const value = name === "room" ? small : Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const options = withRate(nets["perceptron, momentum"], 0.1, 0);
    const run = side(cramped, options, new Array(64).fill(0), new Array(64).fill(0.1));
    await expect(run).rejects.toThrow(
      /^64 models side by side need [\d.]+ MiB, and 1.0 MiB are free on wasm; take \d+ or fewer$/,
    );
    const most = Number(/take (\d+)/.exec(String(await run.catch((error: unknown) => error)))?.[1]);
    expect(most).toBeGreaterThan(1);
    await expect(side(cramped, options, new Array(most).fill(0), new Array(most).fill(0.1))).resolves.toBeTruthy();
  } finally {
    await backend.close();
  }
});
