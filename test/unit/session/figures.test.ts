import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { Splits, data as sources } from "../../../engine/data/index.ts";
import { globals } from "../../../engine/library.ts";
import { evaluate, input } from "../../../engine/ops/index.ts";
import { Experiment, inContext, type Run } from "../../../engine/session/index.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import "../../support/allclose.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";

const { nn, loss, metrics, optim, experiment } = globals;

let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
});
afterAll(async () => await backend.close());
const inside = <T>(work: () => Promise<T>): Promise<T> => inContext(testContext(backend), work);

const make = (over: object) =>
  new Experiment({
    data: new Splits({ train: blobs(90), valid: blobs(300, 1000) }),
    model: nn.sequential(nn.linear(8), nn.tanh(), nn.linear(3)),
    optimizer: optim.sgd({ lr: 0.1 }),
    batchSize: 16,
    ...over,
  });

/** The loss of the whole validation set as one batch, in f64, from the run's outputs. */
async function wholeLoss(run: Run): Promise<number> {
  const valid = run.experiment.splits.valid as NonNullable<typeof run.experiment.splits.valid>;
  const output = await inside(() => run.predict(valid));
  const { definition, options } = run.config.loss;
  const value = definition.compute(
    { output: input("o", output.shape), target: input("y", valid.y.shape, valid.y.dtype) },
    options,
  );
  const values = (t: HostTensor) => ({ shape: t.shape, dtype: t.dtype, data: Float64Array.from(t.data) });
  return evaluate([value], { o: values(output), y: values(valid.y) })[0]?.data[0] as number;
}

describe("the loss of a set is that of one batch", () => {
  const made = {
    "class weights and ignored classes": loss.crossEntropy({ weight: [0.1, 1, 5], ignoreIndex: 1 }),
    "balanced weights": loss.crossEntropy({ weight: "balanced" }),
    sums: loss.crossEntropy({ reduction: "sum" }),
    "several losses": loss.sum([
      { weight: 0.5, loss: loss.crossEntropy({ weight: [0.1, 1, 5] }) },
      { loss: loss.multiMargin() },
    ]),
  };
  test.each(Object.entries(made))("with %s", async (_, own) => {
    const run = await inside(() => make({ loss: own }).fit({ epochs: 2 }));
    const want = await wholeLoss(run);
    expect([run.final.validLoss as number]).toBeAllclose([want], { rtol: 1e-5 });
    expect([run.history.valid.loss?.at(-1) as number]).toBeAllclose([want], { rtol: 1e-5 });
  });

  test("and so is an epoch's mean of a model that does not move", async () => {
    const own = loss.crossEntropy({ weight: [0.1, 1, 5] });
    const still = make({
      loss: own,
      optimizer: optim.sgd({ lr: 0 }),
      data: new Splits({ train: blobs(90), valid: blobs(90) }),
    });
    const run = await inside(() => still.fit({ epochs: 1 }));
    expect([run.history.train.loss?.[0] as number]).toBeAllclose([run.final.validLoss as number], { rtol: 1e-5 });
  });

  test("in every lane", async () => {
    const options = make({ loss: made["class weights and ignored classes"], metrics: [metrics.f1()] }).options;
    const found = await inside(() => experiment(options).replicas({ seeds: [5, 6], epochs: 2 }));
    for (const run of found.runs as Run[]) {
      expect([run.final.validLoss as number]).toBeAllclose([await wholeLoss(run)], { rtol: 1e-5 });
    }
  });
});

test("metrics of counts and of all scores are exact, watched by early stopping, and told apart by name", async () => {
  const own = [
    metrics.recall({ class: 2, name: "recall of 2" }),
    metrics.recall(),
    metrics.auc(),
    metrics.topK(2),
    metrics.ece(),
  ];
  const run = await inside(() =>
    make({ loss: loss.crossEntropy(), metrics: own }).fit({
      epochs: 3,
      earlyStopping: { monitor: "auc", patience: 9 },
    }),
  );
  const valid = run.experiment.splits.valid as NonNullable<typeof run.experiment.splits.valid>;
  const again = await inside(() => run.evaluate(valid));
  const output = await inside(() => run.predict(valid));
  const row = (i: number) => Array.from(output.data.slice(3 * i, 3 * i + 3));
  const twos = Array.from(valid.y.data, (_, i) => i).filter((i) => valid.y.data[i] === 2);
  const found = twos.filter((i) => row(i).indexOf(Math.max(...row(i))) === 2).length;
  expect(again["recall of 2"]).toBeCloseTo(found / twos.length, 10);
  expect(run.final.validAuc).toBeGreaterThan(0.5);
  // every score is kept, so it is no figure of the training's steps
  expect(run.final.trainAuc).toBeUndefined();
  expect(run.final.trainTopK).toBeDefined();
  expect(() => make({ loss: loss.crossEntropy(), metrics: [metrics.recall(), metrics.recall({ class: 1 })] })).toThrow(
    'experiment: two metrics are named "recall"; give one another name, as metrics.recall({ name: "recall 2" })',
  );
});

describe("yes or no, and several labels at once", () => {
  const N = 120;
  const features = blobs(N);
  const some = (y: HostTensor, classes?: readonly string[]) =>
    sources.tensors({ x: features.x, y, ...(classes ? { classes } : {}) }).split({ valid: 40, seed: 1 });
  const isTwo = Array.from(features.y.data, (c) => Number(c === 2));

  test.each([
    [[1], loss.bceWithLogits({ posWeight: "balanced" }), nn.linear(1)],
    [[1], loss.bce(), nn.sequential(nn.linear(1), nn.sigmoid())],
    [[1], loss.focal(), nn.linear(1)],
    [[1], loss.hinge(), nn.linear(1)],
  ] as const)("classes 0 and 1 train with one output of %s", async (_, own, last) => {
    const data = some(new HostTensor([N], "i32", Int32Array.from(isTwo)));
    const exp = make({
      data,
      loss: own,
      model: nn.sequential(nn.linear(8), nn.tanh(), last),
      optimizer: optim.adam({ lr: 0.05 }),
      metrics: [metrics.accuracy(), metrics.f1(), metrics.auc()],
    });
    const run = await inside(() => exp.fit({ epochs: 15 }));
    expect(run.final.validAccuracy).toBeGreaterThan(0.85);
    expect(run.final.validAuc).toBeGreaterThan(0.9);
    expect(run.history.trainLoss.at(-1)).toBeLessThan(run.history.trainLoss[0] as number);
  });

  test("labels that hold in any number train with an output for each", async () => {
    const hot = Float32Array.from(features.y.data, (c) => Number(c !== 1));
    const y = new HostTensor(
      [N, 2],
      "f32",
      Float32Array.from({ length: 2 * N }, (_, i) => (i % 2 ? (hot[i >> 1] as number) : (isTwo[i >> 1] as number))),
    );
    const exp = make({
      data: some(y, ["two", "notOne"]),
      loss: loss.bceWithLogits(),
      model: nn.sequential(nn.linear(8), nn.tanh(), nn.linear(2)),
      optimizer: optim.adam({ lr: 0.05 }),
      metrics: [metrics.accuracy(), metrics.exactMatch(), metrics.f1({ class: 0 })],
    });
    const run = await inside(() => exp.fit({ epochs: 15 }));
    expect(run.final.validExactMatch).toBeGreaterThan(0.8);
    expect(run.final.validAccuracy).toBeGreaterThan((run.final.validExactMatch as number) - 1e-9);
  });

  test("embeddings train on triplets of the batch", async () => {
    const exp = make({
      loss: loss.tripletMargin({ margin: 0.5 }),
      model: nn.sequential(nn.linear(8), nn.tanh(), nn.linear(2)),
    });
    const run = await inside(() => exp.fit({ epochs: 8 }));
    expect(run.history.trainLoss.at(-1)).toBeLessThan((run.history.trainLoss[0] as number) * 0.8);
  });
});
