import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { augment } from "../../../engine/augment/index.ts";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { Dataset, Splits } from "../../../engine/data/index.ts";
import { BackendError, ConfigError, NonFiniteError, ShapeError } from "../../../engine/errors/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { metrics } from "../../../engine/metrics/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { schedule } from "../../../engine/schedules/index.ts";
import type { Progress } from "../../../engine/session/checkpoint.ts";
import { Experiment, inContext, type Run } from "../../../engine/session/index.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";

const splits = () => new Splits({ train: blobs(103), valid: blobs(40, 1000), test: blobs(30, 2000) });

const make = (over: object = {}) =>
  new Experiment({
    data: splits(),
    model: nn.sequential(nn.linear(16), nn.batchNorm(), nn.relu(), nn.dropout(0.2), nn.linear(3)),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.adamw({ lr: 1e-2 }),
    batchSize: 16,
    seed: 3,
    ...over,
  });

let backend: Backend;
let folder: string;

beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
  folder = mkdtempSync(join(tmpdir(), "dlnb-fit-"));
});
afterAll(async () => {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
});

const train = (experiment: Experiment, options: object, context = testContext(backend)): Promise<Run> =>
  inContext(context, () => experiment.fit(options));

const weights = (run: Run): number[] => Object.values(run.stateDict()).flatMap((t) => [...t.data]);

describe("fit", () => {
  test("learns, validates every epoch and tests at the end", async () => {
    const run = await train(make(), { epochs: 20 });
    expect(run.stopped).toBe("finished");
    expect(run.steps).toBe(20 * 7);
    expect(run.history.trainLoss.length).toBe(140);
    expect(run.history.valid.loss?.length).toBe(20);
    expect(run.final.testAccuracy).toBeGreaterThan(0.8);
    expect(run.history.trainLoss.at(-1)).toBeLessThan((run.history.trainLoss[0] as number) / 2);
  });

  test("the same seed gives the same bits, another seed others", async () => {
    const [a, b, c] = [
      await train(make(), { epochs: 3 }),
      await train(make(), { epochs: 3 }),
      await train(make({ seed: 4 }), { epochs: 3 }),
    ];
    expect(a.history.trainLoss).toEqual(b.history.trainLoss);
    expect(weights(a)).toEqual(weights(b));
    expect(weights(a)).not.toEqual(weights(c));
  });

  test("a run that is stopped in the middle of an epoch and resumed from its file ends with the bits of a whole one", async () => {
    const plan = { epochs: 2, schedule: schedule.oneCycle({ maxLr: 2e-2 }) };
    const whole = await train(make({ batchSize: 4 }), plan);
    const stop = new AbortController();
    const experiment = make({ batchSize: 4 });
    experiment.onSteps = () => stop.abort();
    const half = await train(experiment, plan, testContext(backend, { folder, signal: stop.signal }));
    expect(half.stopped).toBe("interrupted");
    expect(half.steps).toBeGreaterThan(0);
    expect(half.steps).toBeLessThan(26); // of an epoch's
    const file = join(half.folder as string, "checkpoints", "last.safetensors");
    const rest = await train(make({ batchSize: 4 }), { ...plan, resume: file });
    expect(rest.steps).toBe(52);
    expect(weights(rest)).toEqual(weights(whole));
    expect(rest.history.trainLoss).toEqual(whole.history.trainLoss.slice(half.steps));
    expect(rest.history.train).toEqual(whole.history.train);
    expect(rest.final).toEqual(whole.final);
  });

  test("early stopping counts on where a stopped run left off", async () => {
    // nothing is learnt: the first validation stays the best, and the fourth ends the run
    const still = () => make({ model: nn.linear(3), optimizer: optim.sgd({ lr: 0 }) });
    const plan = { epochs: 20, earlyStopping: { patience: 3 } };
    const stop = new AbortController();
    const experiment = still();
    experiment.onSteps = ({ from }) => {
      if (from > 14) stop.abort();
    };
    const half = await train(experiment, plan, testContext(backend, { signal: stop.signal }));
    expect(half.progress?.best).toMatchObject({ epoch: 1, waited: half.steps / 7 - 1 });
    const rest = await train(still(), { ...plan, resume: half });
    expect([rest.stopped, rest.steps]).toEqual(["early", 4 * 7]);
  });

  test("dropout draws anew at every step", async () => {
    const run = await train(
      make({
        model: nn.sequential(nn.dropout(0.5), nn.linear(3)),
        optimizer: optim.sgd({ lr: 0 }),
        batchSize: 103,
        shuffle: false,
      }),
      { steps: 4 },
    );
    expect(new Set(run.history.trainLoss.map((l) => l.toFixed(4))).size).toBe(4);
  });

  test("validateEvery leaves epochs out and never the last, dropLast the batch that is not whole", async () => {
    const run = await train(make({ dropLast: true }), { epochs: 5, validateEvery: 2 });
    expect(run.steps).toBe(5 * 6);
    expect(run.history.valid.loss?.filter(Number.isFinite).length).toBe(3);
    expect(run.final.validLoss).toBeDefined();
  });

  test("early stopping ends with the weights of the best epoch", async () => {
    const run = await train(make({ optimizer: optim.sgd({ lr: 0.5 }) }), {
      epochs: 60,
      earlyStopping: { patience: 2, minDelta: 0.5 },
    });
    expect(run.stopped).toBe("early");
    const best = run.progress?.best as NonNullable<Progress["best"]>;
    const valid = await inContext(testContext(backend), () => run.evaluate(splits().valid as Dataset));
    expect(valid.loss).toBeCloseTo(best.value, 5);
  });

  test("a run that ended with its best weights continues from its last ones, and its best file predicts as it does", async () => {
    const fast = () => make({ optimizer: optim.sgd({ lr: 0.5, momentum: 0.9 }) });
    const context = testContext(backend, { folder });
    const whole = await train(fast(), { epochs: 10 });
    const early = await train(fast(), { epochs: 10, earlyStopping: { patience: 2, minDelta: 0.5 } }, context);
    expect(early.stopped).toBe("early");
    expect(early.progress?.best?.step).toBeLessThan(early.steps);
    const rest = await train(fast(), { epochs: 10, resume: early });
    expect(weights(rest)).toEqual(weights(whole));
    await inContext(context, async () => {
      const x = blobs(4).x;
      const best = fast().load(join(early.folder as string, "checkpoints", "best.safetensors"));
      expect([...(await best.predict(x)).data]).toEqual([...(await early.predict(x)).data]);
      expect([...(await fast().load(early.save("best.safetensors")).predict(x)).data]).toEqual([
        ...(await best.predict(x)).data,
      ]);
    });
  });

  test("a run of steps that ends within an epoch is continued with that epoch's sums", async () => {
    const whole = await train(make(), { epochs: 3 });
    const first = await train(make(), { steps: 10 });
    const rest = await train(make(), { epochs: 3, resume: first });
    expect(rest.history.train.loss).toEqual(whole.history.train.loss?.slice(1));
  });

  test("a learning rate that blows up stops with step and tensor named, and the state before is finite", async () => {
    const experiment = make({
      model: nn.sequential(nn.linear(16), nn.relu(), nn.linear(3)),
      loss: loss.crossEntropy(),
      optimizer: optim.sgd({ lr: 1e30 }),
    });
    const failing = train(experiment, { epochs: 5 }, testContext(backend, { folder }));
    await expect(failing).rejects.toThrow(NonFiniteError);
    await expect(failing).rejects.toThrow(/training stopped at step \d+: .* is the first that is not finite/);
    const kept = experiment.lastRun as Run;
    expect(kept.stopped).toBe("non-finite");
    expect(weights(kept).every(Number.isFinite)).toBe(true);
  });

  test("no step after the one that is not finite changes anything, though they were sent together", async () => {
    const data = blobs(103);
    data.x.data[20 * 4] = Number.NaN; // in the second batch
    const experiment = make({ data, shuffle: false });
    await expect(train(experiment, { epochs: 1 })).rejects.toThrow("training stopped at step 2");
    const one = await train(make({ data, shuffle: false }), { steps: 1 });
    expect((experiment.lastRun as Run).stateDict()).toEqual(one.stateDict());
  });

  test("NaN in the data is found in the data", async () => {
    const broken = blobs(32);
    broken.x.data[9] = Number.NaN;
    await expect(train(make({ data: broken }), { epochs: 1 })).rejects.toThrow(
      /step \d+: the batch's inputs is the first/,
    );
  });

  test.each([
    ["2-norm", undefined, (moved: number[]) => Math.hypot(...moved)],
    ["1-norm", 1, (moved: number[]) => moved.reduce((sum, x) => sum + Math.abs(x), 0)],
    ["3-norm", 3, (moved: number[]) => Math.cbrt(moved.reduce((sum, x) => sum + Math.abs(x) ** 3, 0))],
    ["largest element", "inf", (moved: number[]) => Math.max(...moved.map(Math.abs))],
  ] as const)("clipping keeps the update of a huge gradient small: %s", async (_name, normType, length) => {
    const clip = normType === undefined ? { norm: 0.01 } : { norm: 0.01, normType };
    const clipped = make({ optimizer: optim.sgd({ lr: 1 }), clip, batchSize: 103 });
    const before = await train(make({ optimizer: optim.sgd({ lr: 0 }), batchSize: 103 }), { steps: 1 });
    const after = await train(clipped, { steps: 1 });
    const moved = Object.entries(after.stateDict())
      .filter(([name]) => /weight|bias/.test(name))
      .flatMap(([name, t]) => [...t.data].map((v, i) => v - (before.stateDict()[name]?.data[i] as number)));
    expect(length(moved)).toBeLessThanOrEqual(0.01001);
    expect(length(moved)).toBeGreaterThan(0.0099);
  });

  test("a device that is lost ends the run with what was saved, and the log says so", async () => {
    let submits = 0;
    const failing: Backend = {
      ...backend,
      name: "wasm",
      adapter: "failing",
      maxBuffersPerLaunch: backend.maxBuffersPerLaunch,
      deviceBytes: 0,
      alloc: (words, label) => backend.alloc(words, label),
      write: (buffer, words, offset) => backend.write(buffer, words, offset),
      read: (buffer, offset, words) => backend.read(buffer, offset, words),
      lost: new Promise(() => {}),
      peaks: (threads, bytes) => backend.peaks(threads, bytes),
      close: async () => {},
      compile: async (plan, named) => {
        const executable = await backend.compile(plan, named);
        return {
          dispose: () => executable.dispose(),
          profile: (scalars, count) => executable.profile(scalars, count),
          submit: (scalars, count) => {
            submits += 1;
            if (submits > 5) return Promise.reject(new BackendError("webgpu: the device was lost"));
            return executable.submit(scalars, count);
          },
        };
      },
    };
    const context = testContext(failing, { folder });
    const run = train(make(), { epochs: 50 }, context);
    // an epoch may have left one by then: how often they do is a matter of time
    const said =
      /the device was lost; training stopped after step \d+, (?:no checkpoint had been written yet; the log is in (.*)|the checkpoint of step \d+ is (.*)[\\/]checkpoints[\\/].*)$/;
    await expect(run).rejects.toThrow(said);
    const [, bare, kept] = said.exec(String(await run.catch((error: Error) => error.message))) ?? [];
    const log = bare ?? (kept as string);
    const last = readFileSync(join(log, "log.jsonl"), "utf8").trim().split("\n").at(-1) as string;
    expect(JSON.parse(last)).toMatchObject({ event: "failed" });
    expect(context.events.findLast((e) => e.event === "output")).toMatchObject({
      output: { items: [{ data: { live: false } }, {}] },
    });
  });

  test("a schedule that fails in the middle ends the run's chart and log", async () => {
    const context = testContext(backend, { folder });
    const broken = schedule.lambda((t: number) => (t < 10 ? 1 : Number.NaN));
    await expect(train(make(), { epochs: 9, schedule: broken, name: "broken" }, context)).rejects.toThrow(
      "lambda: lr = NaN at step 10 is outside [0, inf)",
    );
    expect(context.events.findLast((e) => e.event === "output")).toMatchObject({
      output: { items: [{ data: { live: false } }, {}] },
    });
  });

  test("the log and the checkpoints are on disk, and the log tells every step", async () => {
    const run = await train(make(), { epochs: 2 }, testContext(backend, { folder }));
    const lines = readFileSync(join(run.folder as string, "log.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((l) => JSON.parse(l));
    expect(lines[0].event).toBe("start");
    expect(lines.at(-1).event).toBe("end");
    const losses = lines.filter((l) => l.event === "steps").flatMap((l) => l.loss);
    expect(losses).toEqual([...run.history.trainLoss]);
    expect(readdirSync(join(run.folder as string, "checkpoints"))).toContain("last.safetensors");
  });

  test("a loaded checkpoint predicts what the run predicts", async () => {
    const context = testContext(backend, { folder });
    const run = await train(make(), { epochs: 2 }, context);
    await inContext(context, async () => {
      const path = run.save("saved.safetensors");
      const x = blobs(5).x;
      const [a, b] = [await run.predict(x), await make().load(path).predict(x)];
      expect([...a.data]).toEqual([...b.data]);
      expect(a.shape).toEqual([5, 3]);
    });
  });

  test("a checkpoint of another model names the tensor and both shapes", async () => {
    const context = testContext(backend, { folder });
    const run = await train(make(), { epochs: 1 }, context);
    const other = make({ model: nn.sequential(nn.linear(8), nn.batchNorm(), nn.relu(), nn.linear(3)) });
    const file = inContext(context, () => run.save("other.safetensors"));
    expect(() => other.load(file)).toThrow(
      /other\.safetensors: "0\.weight" is \[16, 4\] there and \[8, 4\] in this model/,
    );
  });

  test("long runs of a tiny model stay bounded in what they remember and send", async () => {
    const context = testContext(backend);
    const run = await train(
      make({ batchSize: 64, model: nn.linear(3) }),
      { steps: 20_000, validateEvery: 1000 },
      context,
    );
    expect(run.history.thinned).toBe(true);
    expect(run.history.step.length).toBeLessThanOrEqual(8192);
    const chart = context.events.findLast((e) => e.event === "output");
    expect(JSON.stringify(chart).length).toBeLessThan(400_000);
  }, 60_000);
});

describe("an experiment says at once what does not fit", () => {
  test.each([
    [
      "a batch larger than the data",
      { batchSize: 104 },
      ConfigError,
      "batchSize = 104 is larger than the 103 training examples",
    ],
    ["an unknown option", { optimiser: 1 }, ConfigError, 'unknown option "optimiser"; did you mean "optimizer"?'],
    ["too few outputs", { model: nn.linear(2) }, ShapeError, "2 outputs for 3 classes"],
    ["a convolution of a table", { model: nn.conv2d(4, { kernelSize: 3 }) }, ShapeError, "conv2d"],
    [
      "a last batch of one under batch norm",
      { batchSize: 51 },
      ShapeError,
      "the last batch of an epoch has 1 of [103, 4]",
    ],
    ["a loss of values for classes", { loss: loss.mse() }, ConfigError, "blobs has 3 classes; use loss.crossEntropy()"],
    ["a model without parameters", { model: nn.relu() }, ConfigError, "the model has no parameters to train"],
    ["a number for the model", { model: 3 }, ConfigError, "model"],
  ])("%s", (_, over, type, text) => {
    expect(() => make(over)).toThrow(type as typeof ConfigError);
    expect(() => make(over)).toThrow(text);
  });

  test("what is no tensor to predict for, no set to evaluate on, no file to save to", async () => {
    const context = testContext(backend);
    const run = await train(make(), { steps: 1 }, context);
    await expect(run.predict(3 as never)).rejects.toThrow("predict: give a data set or a tensor of examples");
    await expect(run.evaluate(undefined as never)).rejects.toThrow("evaluate: give a data set, as sets.test");
    await expect(run.predict(new HostTensor([4], "f32", new Float32Array(4)))).rejects.toThrow(
      "predict: [4] are no examples of [4]",
    );
    await expect(run.exportOnnx(folder)).rejects.toThrow(`exportOnnx: ${folder} is a folder; give the name of a file`);
    expect(() => run.save("")).toThrow('save: "" is no file name');
    expect(() => make().load("missing.safetensors")).toThrow(/missing\.safetensors: there is no such file/);
  });

  test("tokens without a place and classes of another order are refused when a run is asked", async () => {
    const tokens = (...x: number[]) =>
      new Dataset({
        name: "tokens",
        x: new HostTensor([2, 2], "i32", Int32Array.from(x)),
        y: new HostTensor([2], "i32", Int32Array.of(0, 1)),
        task: "classification",
        featureNames: ["a", "b"],
        classes: ["no", "yes"],
      });
    const set = tokens(0, 1, 2, 3);
    const model = nn.sequential(nn.embedding(4, { embeddingDim: 2 }), nn.flatten(), nn.linear(2));
    const run = await train(make({ data: set, model, batchSize: 2 }), { steps: 1 });
    const wrong = "token 9, and 0 embedding takes 0 to 3";
    await expect(run.predict(tokens(0, 9, 1, 1).x)).rejects.toThrow(`predict: the tensor has ${wrong}`);
    await expect(run.evaluate(tokens(0, 9, 1, 1))).rejects.toThrow(`evaluate: tokens has ${wrong}`);
    await expect(run.evaluate(set.with({ classes: ["yes", "no"] }))).rejects.toThrow(
      'evaluate: class 0 of tokens is "yes", and was "no" in training',
    );
  });

  test("augmentations change numbers, not names, and mix no targets that say which examples are alike", () => {
    const noise = augment.noise(0.1);
    const named = splits().train.with({
      categories: { [splits().train.featureNames[1] as string]: ["(unknown)", "a", "b"] },
    });
    expect(() => make({ data: named, augment: [noise] })).toThrow("are categories; leave augment out, or make numbers");
    const x = new HostTensor([103, 4], "i32", new Int32Array(412));
    const model = nn.sequential(nn.embedding(4, { embeddingDim: 2 }), nn.flatten(), nn.linear(3));
    expect(() => make({ data: splits().train.with({ x }), model, augment: [noise] })).toThrow(
      "experiment: noise changes numbers, and the examples of blobs are tokens; leave augment out",
    );
    expect(() => make({ augment: [augment.mixup()], loss: loss.tripletMargin() })).toThrow(
      "mixup mixes targets, and tripletMargin asks which examples are alike",
    );
  });

  test("a bad learning rate", () => {
    expect(() => optim.sgd({ lr: -1 })).toThrow("sgd: lr = -1 is outside [0, inf)");
    expect(() => optim.sgd({ lr: Number.NaN })).toThrow("NaN");
  });
});
