import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import type { Dataset } from "../../../engine/data/index.ts";
import { init } from "../../../engine/init/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { Experiment, inContext, type Run } from "../../../engine/session/index.ts";
import { trainReplicas } from "../../../engine/session/replicas.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";

let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
});
afterAll(() => backend.close());

/** Deep, with weights that would let the signal die. */
const make = (over: object = {}) =>
  new Experiment({
    data: blobs(200),
    model: nn.sequential({
      fc1: nn.linear(40, { weight: init.normal({ std: 0.001 }) }),
      act1: nn.relu(),
      fc2: nn.linear(40, { weight: init.normal({ std: 5 }) }),
      act2: nn.tanh(),
      norm: nn.layerNorm(),
      fc3: nn.linear(3),
    }),
    loss: loss.crossEntropy(),
    // so small a rate that a step leaves weights as they were
    optimizer: optim.sgd({ lr: 1e-12 }),
    seed: 3,
    ...over,
  });

const train = (experiment: Experiment, options: object): Promise<Run> =>
  inContext(testContext(backend), () => experiment.fit(options));

const predicted = (run: Run, set: Dataset) => inContext(testContext(backend), () => run.predict(set));
const weight = (run: Run, name: string) => run.stateDict()[name] as HostTensor;

/** Variance of all elements. */
function variance(values: ArrayLike<number>): number {
  const all = Array.from(values);
  const mean = all.reduce((a, b) => a + b, 0) / all.length;
  return all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length;
}

/** x [N, in] times w [out, in] transposed, as plain loops; biases are 0. */
function linear(x: ArrayLike<number>, w: HostTensor): Float64Array {
  const [out, into] = w.shape as [number, number];
  const n = x.length / into;
  const y = new Float64Array(n * out);
  for (let i = 0; i < n; i++)
    for (let o = 0; o < out; o++)
      for (let k = 0; k < into; k++)
        y[i * out + o] = (y[i * out + o] as number) + (x[i * into + k] as number) * (w.data[o * into + k] as number);
  return y;
}

test("after lsuv every weighted layer gives variance 1, by a plain loop over the whole set", async () => {
  const experiment = make();
  const run = await train(experiment, { steps: 1, from: init.lsuv({ tolerance: 0.001, examples: 1000 }) });
  const one = linear(experiment.splits.train.x.data, weight(run, "fc1.weight"));
  expect(Math.abs(variance(one) - 1)).toBeLessThan(0.002);
  const two = linear(
    one.map((v) => Math.max(0, v)),
    weight(run, "fc2.weight"),
  );
  expect(Math.abs(variance(two) - 1)).toBeLessThan(0.002);
  expect([...weight(run, "fc1.bias").data].every((b) => Math.abs(b) < 1e-9)).toBe(true);
  const last = await predicted(run, experiment.splits.train);
  expect(Math.abs(variance(last.data) - 1)).toBeLessThan(0.002);
  // rows stay orthogonal
  const w = weight(run, "fc2.weight").data;
  const dot = (a: number, b: number) =>
    Array.from({ length: 40 }, (_, k) => (w[a * 40 + k] as number) * (w[b * 40 + k] as number)).reduce((x, y) => x + y);
  expect(Math.abs(dot(0, 1) / dot(0, 0))).toBeLessThan(1e-5);
});

test("the same seed gives the same bits, another one others, and weights of the model's own may be kept", async () => {
  const from = init.lsuv();
  const words = async (over: object, start: object = from) => [
    ...weight(await train(make(over), { steps: 1, from: start }), "fc1.weight").data,
  ];
  const first = await words({});
  expect(await words({})).toEqual(first);
  expect(await words({ seed: 4 })).not.toEqual(first);
  const drawn = await train(make(), { steps: 1 });
  const own = await words({}, init.lsuv({ orthonormal: false }));
  const factor = (own[0] as number) / (weight(drawn, "fc1.weight").data[0] as number);
  expect(own).toBeAllclose(
    Array.from(weight(drawn, "fc1.weight").data, (x) => x * factor),
    { rtol: 1e-5 },
  );
});

test("replicas begin each with weights of its own, to the bits of a run by itself", async () => {
  const experiments = [make(), make({ seed: 9 })];
  const context = testContext(backend);
  const options = experiments[0]?.fitOptions({ steps: 2, from: init.lsuv() }, "fit") as never;
  const { runs } = await inContext(context, () =>
    trainReplicas(
      experiments.map((experiment) => ({ experiment, options })),
      context,
      () => {},
    ),
  );
  for (const [i, seed] of [3, 9].entries()) {
    const alone = await train(make({ seed }), { steps: 2, from: init.lsuv() });
    expect([...weight(runs[i] as Run, "fc3.weight").data]).toEqual([...weight(alone, "fc3.weight").data]);
  }
});

test("kernels count too, and full-batch methods begin so as well", async () => {
  const images = blobs(40).with({
    x: new HostTensor(
      [40, 1, 4, 4],
      "f32",
      Float32Array.from({ length: 640 }, (_, i) => Math.sin(i * i)),
    ),
  });
  const model = nn.sequential(nn.conv2d(6, { kernelSize: 3 }), nn.tanh(), nn.flatten(), nn.linear(3));
  const run = await train(make({ data: images, model, optimizer: optim.lbfgs({ lr: 1e-12, maxIter: 1 }) }), {
    steps: 1,
    from: init.lsuv(),
  });
  expect(Math.abs(variance((await predicted(run, images)).data) - 1)).toBeLessThan(0.02);
});
