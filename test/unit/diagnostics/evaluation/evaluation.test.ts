import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../../engine/backends/wasm/index.ts";
import { data as sources } from "../../../../engine/data/index.ts";
import { globals } from "../../../../engine/library.ts";
import { CHART_MIME, type Chart, GALLERY_MIME, type Gallery } from "../../../../engine/protocol/index.ts";
import { normal, uniform } from "../../../../engine/random/index.ts";
import { inContext, type Run } from "../../../../engine/session/index.ts";
import { HostTensor } from "../../../../engine/tensor/index.ts";
import { testContext } from "../../../support/context.ts";

const { nn, loss, metrics, optim, experiment } = globals;

let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 1, log: () => {} });
});
afterAll(() => backend.close());

const N = 300;
const SIDE = 8;

/** Bright bars in one of three columns, under noise that hides some of them. */
const bars = (() => {
  const noise = normal(1, 0, N * SIDE * SIDE);
  const labels = Int32Array.from(uniform(2, 0, N), (u) => Math.floor(u * 3));
  const x = noise.map((v, i) => {
    const label = labels[Math.floor(i / (SIDE * SIDE))] as number;
    return 1.2 * v + (i % SIDE === 1 + 2 * label ? 1 : 0);
  });
  return sources
    .tensors({
      x: new HostTensor([N, SIDE * SIDE], "f32", x),
      y: new HostTensor([N], "i32", labels),
      classes: ["left", "middle", "right"],
      name: "bars",
    })
    .split({ valid: 100, test: 50, seed: 1 });
})();

async function train(model = nn.sequential(nn.linear(3)), sets = bars, epochs = 5): Promise<Run> {
  const exp = experiment({
    data: sets,
    model,
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.adam({ lr: 0.02 }),
    batchSize: 50,
    seed: 3,
  });
  return await inContext(testContext(backend), () => exp.fit({ epochs }));
}

const conv = () =>
  nn.sequential(
    nn.conv2d(4, { kernelSize: 3, padding: 1 }),
    nn.relu(),
    nn.conv2d(5, { kernelSize: 3, stride: 2 }),
    nn.flatten(),
    nn.linear(3),
  );

let run: Run;
beforeAll(async () => {
  run = await train();
});

/** What `work` gives in a cell, with the charts, galleries and texts that it shows. */
async function shown<T>(work: () => Promise<T>) {
  const context = testContext(backend);
  const found = await inContext(context, work);
  const items = context.events.flatMap((e) => (e.event === "output" ? e.output.items : []));
  return {
    found,
    charts: items.flatMap((item): Chart[] => (item.mime === CHART_MIME ? [item.data] : [])),
    galleries: items.flatMap((item): Gallery[] => (item.mime === GALLERY_MIME ? [item.data] : [])),
    markdown: items.flatMap((item) => (item.mime === "text/markdown" ? [item.data] : [])),
  };
}

/** Class and probabilities by plain softmax of what `predict` says. */
async function predicted(of = run, set = bars.valid as NonNullable<typeof bars.valid>) {
  const scores = await inContext(testContext(backend), () => of.predict(set));
  return Array.from({ length: set.size }, (_, i) => {
    const e = [0, 1, 2].map((c) => Math.exp(scores.at(i, c)));
    const sum = e.reduce((a, b) => a + b, 0);
    const probs = e.map((v) => v / sum);
    return { label: set.y.data[i] as number, probs, said: probs.indexOf(Math.max(...probs)) };
  });
}

test("a confusion matrix counts what predict says, on validation data unless told otherwise", async () => {
  const rows = await predicted();
  const { found, charts } = await shown(() => run.inspect.confusion());
  for (const [t, counts] of found.matrix.entries()) {
    expect(counts).toEqual([0, 1, 2].map((p) => rows.filter((r) => r.label === t && r.said === p).length));
  }
  expect(found.accuracy).toBeCloseTo(rows.filter((r) => r.label === r.said).length / rows.length, 12);
  expect(found.part).toBe("validation");
  expect(charts[0]?.title).toContain("of 100 validation examples right; most often mistaken: ");
  const [worst] = found.pairs;
  expect(worst?.count).toBe(Math.max(...found.matrix.flatMap((row, t) => row.filter((_, p) => p !== t))));
  const test = await shown(() => run.inspect.confusion({ on: "test" }));
  expect(test.found.matrix.flat().reduce((a, b) => a + b, 0)).toBe(50);
  const some = await shown(() => run.inspect.confusion({ on: bars.train.rows([0, 1, 2]) }));
  expect(some.found.matrix.flat().reduce((a, b) => a + b, 0)).toBe(3);
});

test("areas under the ROC curves are the shares of pairs in the right order", async () => {
  const rows = await predicted();
  const { found } = await shown(() => run.inspect.roc());
  for (const [c, { auc }] of found.perClass.entries()) {
    const score = (r: (typeof rows)[number]) => r.probs[c] as number;
    const [own, others] = [rows.filter((r) => r.label === c), rows.filter((r) => r.label !== c)];
    const wins = own.flatMap((a) => others.map((b) => (score(a) > score(b) ? 1 : score(a) === score(b) ? 0.5 : 0)));
    expect(auc).toBeCloseTo(wins.reduce((a: number, b) => a + b, 0) / wins.length, 4);
  }
  const { found: pr, charts } = await shown(() => run.inspect.precisionRecall());
  expect(pr.macro).toBeCloseTo(
    pr.perClass.reduce((sum, c) => sum + c.averagePrecision / 3, 0),
    12,
  );
  expect(charts[0]?.title).toMatch(/^Average precision 0\.\d+ over 3 classes \(validation\), lowest for /);
});

test("a network that is too sure is called overconfident", async () => {
  const sure = await train(nn.sequential(nn.linear(3)), bars);
  // scores times 20: the same classes, said with certainty
  for (let i = 0; i < sure.weights.parameters.length; i++) (sure.weights.parameters[i] as number) *= 20;
  const { found, charts } = await shown(() => sure.inspect.calibration({ bins: 5 }));
  expect(found.overconfidence).toBeGreaterThan(0.05);
  expect(charts[0]?.title).toMatch(/^Overconfident by [\d.]+ %: expected calibration error [\d.]+ % on 100 validation/);
  expect(found.bins.reduce((n, b) => n + b.count, 0)).toBe(100);
});

test("one class's probability is compared with how often it came", async () => {
  const rows = await predicted();
  const { found } = await shown(() => run.inspect.calibration({ class: "middle" }));
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  expect(found.overconfidence).toBeCloseTo(
    mean(rows.map((r) => r.probs[1] as number)) - mean(rows.map((r) => Number(r.label === 1))),
    5,
  );
  await expect(shown(() => run.inspect.calibration({ class: "midle" }))).rejects.toThrow('did you mean "middle"');
});

test("answering all has the accuracy of all", async () => {
  const { found } = await shown(() => run.inspect.coverage());
  const { found: all } = await shown(() => run.inspect.confusion());
  expect(found.accuracy.at(-1)).toBeCloseTo(all.accuracy, 12);
  expect(found.coverage.at(-1)).toBe(1);
});

describe("mistakes", () => {
  test("come with the highest loss or the highest confidence first, as pictures of unnamed squares", async () => {
    const rows = await predicted();
    const wrong = rows.flatMap((r, row) => (r.label === r.said ? [] : [{ row, ...r }]));
    const { found, galleries } = await shown(() => run.inspect.mistakes({ count: 4 }));
    const byLoss = [...wrong].sort((a, b) => (a.probs[a.label] as number) - (b.probs[b.label] as number));
    expect(found.mistakes.map((m) => m.row)).toEqual(byLoss.slice(0, 4).map((r) => r.row));
    expect(found.wrong).toBe(wrong.length);
    expect(galleries[0]?.pictures[0]).toMatchObject({ width: 8, height: 8, channels: 1 });
    const sure = await shown(() => run.inspect.mistakes({ count: 4, by: "confidence" }));
    const bySure = [...wrong].sort((a, b) => Math.max(...b.probs) - Math.max(...a.probs));
    expect(sure.found.mistakes.map((m) => m.row)).toEqual(bySure.slice(0, 4).map((r) => r.row));
  });

  test("are pixels of the examples, from the set's darkest to its brightest", async () => {
    const { found, galleries } = await shown(() => run.inspect.mistakes({ count: 1 }));
    const set = bars.valid as NonNullable<typeof bars.valid>;
    const [low, high] = [Math.min(...set.x.data), Math.max(...set.x.data)];
    const row = found.mistakes[0]?.row as number;
    const bytes = [...Buffer.from(galleries[0]?.pictures[0]?.pixels as string, "base64")];
    expect(bytes).toEqual(
      Array.from({ length: 64 }, (_, i) => Math.round((255 * (set.x.at(row, i) - low)) / (high - low))),
    );
  });

  test("are rows with their features where the data is no picture", async () => {
    const set = bars.train.with({ x: new HostTensor([150, 32, 2], "f32", bars.train.x.data.slice(0, 150 * 64)) });
    const other = await train(nn.sequential(nn.flatten(), nn.linear(3)), set as never);
    const { galleries, markdown } = await shown(() => other.inspect.mistakes({ count: 3 }));
    expect(galleries).toEqual([]);
    expect(markdown[0]).toContain("| row | true | predicted | probability | of the true class | x0 | x1 |");
  });

  test("take the shape that is said, and refuse one that does not fit", async () => {
    const { galleries } = await shown(() => run.inspect.mistakes({ imageShape: [4, 16], count: 1 }));
    expect(galleries[0]?.pictures[0]).toMatchObject({ width: 16, height: 4 });
    await expect(shown(() => run.inspect.mistakes({ imageShape: [5, 5] }))).rejects.toThrow(
      "imageShape = [5, 5] does not fit examples [64], which have 64 values",
    );
  });
});

test("filters of a linear layer over pictures are its rows", async () => {
  const { found, galleries } = await shown(() => run.inspect.filters());
  expect(found).toMatchObject({ weight: "0.weight", shape: [3, 64], shown: 3 });
  const weight = run.stateDict()["0.weight"] as HostTensor;
  const most = Math.max(...Array.from(weight.data, Math.abs));
  const bytes = [...Buffer.from(galleries[0]?.pictures[1]?.pixels as string, "base64")];
  expect(bytes).toEqual(
    Array.from({ length: 64 }, (_, i) => Math.round((255 * (weight.at(1, i) + most)) / (2 * most))),
  );
  await expect(shown(() => run.inspect.filters({ layer: "1" }))).rejects.toThrow('no layer "1" with weights');
});

test("attention maps are means over channels of what the layer puts out", async () => {
  const pictured = await train(conv(), bars.reshape([1, 8, 8]));
  const { found, galleries } = await shown(() =>
    pictured.inspect.attentionMaps({ examples: [5, 2], layer: "0", power: 2, on: "test" }),
  );
  const set = bars.test as NonNullable<typeof bars.test>;
  const state = pictured.stateDict();
  const [weight, bias] = [state["0.weight"] as HostTensor, state["0.bias"] as HostTensor];
  const at = (row: number, h: number, w: number) => (h < 0 || w < 0 || h > 7 || w > 7 ? 0 : set.x.at(row, 8 * h + w));
  for (const [i, row] of [5, 2].entries()) {
    for (const [h, w] of [
      [0, 0],
      [3, 4],
      [7, 6],
    ] as const) {
      let sum = 0;
      for (let c = 0; c < 4; c++) {
        let y = bias.at(c);
        for (let a = 0; a < 3; a++)
          for (let b = 0; b < 3; b++) y += weight.at(c, 0, a, b) * at(row, h + a - 1, w + b - 1);
        sum += y * y;
      }
      expect(found.maps[0]?.values[i]?.[8 * h + w]).toBeCloseTo(sum / 4, 4);
    }
  }
  expect(galleries[0]?.pictures).toHaveLength(2);
  const heat = Buffer.from(galleries[0]?.pictures[0]?.heat as string, "base64");
  expect(Math.max(...heat)).toBe(255);
  const three = await shown(() => pictured.inspect.attentionMaps({ examples: 2 }));
  expect(three.found.layers).toEqual(["0", "2"]);
  // a smaller map is drawn over the whole picture
  expect(three.galleries[0]?.pictures[1]?.heat?.length).toBe(three.galleries[0]?.pictures[0]?.heat?.length);
  await expect(shown(() => run.inspect.attentionMaps())).rejects.toThrow("no convolutional layer");
});

test("the loss report has the means over whole parts", async () => {
  const { found } = await shown(() => run.lossReport());
  expect(found.parts.map(({ part, examples }) => [part, examples])).toEqual([
    ["train", 150],
    ["valid", 100],
    ["test", 50],
  ]);
  const valid = await inContext(testContext(backend), () => run.evaluate(bars.valid as never));
  expect(found.parts[1]?.figures).toEqual(valid);
  expect(found.gap).toBeCloseTo((found.parts[1]?.figures.loss ?? 0) - (found.parts[0]?.figures.loss ?? 0), 12);
  expect(String(found)).toContain("means over whole parts");
});

describe("values", () => {
  const x = new HostTensor([80, 3], "f32", normal(5, 0, 240));
  const y = new HostTensor(
    [80, 1],
    "f32",
    Float32Array.from({ length: 80 }, (_, i) => 2 * x.at(i, 0) - x.at(i, 2) + 3),
  );
  const line = sources.tensors({ x, y, name: "line" }).split({ valid: 30, seed: 2 });
  const fitted = async () => {
    const exp = experiment({
      data: line,
      model: nn.linear(1),
      loss: loss.mse(),
      optimizer: optim.adam({ lr: 0.1 }),
      seed: 1,
    });
    return await inContext(testContext(backend), () => exp.fit({ epochs: 3 }));
  };

  test("residuals are predicted less true", async () => {
    const of = await fitted();
    const { found, charts } = await shown(() => of.inspect.residuals());
    const said = await inContext(testContext(backend), () => of.predict(line.valid as never));
    expect(found.predicted).toEqual(Array.from(said.data));
    const mse = Array.from(said.data).reduce((s, p, i) => s + (p - (line.valid?.y.data[i] as number)) ** 2, 0) / 30;
    expect(found.mse).toBeCloseTo(mse, 10);
    expect(charts[0]?.title).toMatch(/^R² /);
  });

  test("have no confusion matrix, and classes no residuals; both errors say what there is instead", async () => {
    const of = await fitted();
    await expect(shown(() => of.inspect.confusion())).rejects.toThrow(
      "inspect.confusion: is for classes, and line has values as targets; use inspect.residuals()",
    );
    await expect(shown(() => run.inspect.residuals())).rejects.toThrow("use inspect.confusion()");
  });

  test("a line is found by the linear baseline, and a network that has not learnt it is worse", async () => {
    const of = await fitted();
    const { found } = await shown(() => of.baselines());
    const linear = found.contenders.find((c) => c.name === "linear regression");
    expect(linear?.figure).toBeLessThan(1e-5);
    expect(found.network).toBe("worse");
  });
});

test("baselines name who is best and whether chance explains the difference", async () => {
  const trained = await train(nn.sequential(nn.linear(3)), bars, 60);
  const { found, charts } = await shown(() => trained.baselines());
  const names = found.contenders.map((c) => c.name);
  expect([...names].sort()).toEqual(["logistic regression", "majority", "nearest mean", trained.name].sort());
  const majority = found.contenders.find((c) => c.name === "majority");
  const labels = Array.from(bars.train.y.data);
  const counts = [0, 1, 2].map((c) => labels.filter((l) => l === c).length);
  const most = counts.indexOf(Math.max(...counts));
  expect(majority?.figure).toBeCloseTo(Array.from(bars.valid?.y.data ?? []).filter((l) => l === most).length / 100, 12);
  // for clouds of one spread the nearest mean is best; a network without hidden layers is a logistic regression
  expect(names[0]).toBe("nearest mean");
  expect(found.network).toBe("worse");
  expect(charts[0]?.title).toMatch(/^A baseline beats the network: .*nearest mean/);
  const of = (name: string) => found.contenders.find((c) => c.name === name)?.figure ?? 0;
  expect(Math.abs(of(trained.name) - of("logistic regression"))).toBeLessThan(0.07);
});

test("outputs that are not finite are named and not counted", async () => {
  const broken = await train();
  broken.weights.parameters.fill(Number.NaN);
  await expect(shown(() => broken.inspect.confusion())).rejects.toThrow("the output for example 0 of validation data");
});

test("a part that is not there is named with the way to it", async () => {
  const whole = await train(nn.sequential(nn.linear(3)), bars.train as never);
  await expect(shown(() => whole.inspect.confusion({ on: "test" }))).rejects.toThrow(
    "on: the experiment has no test data; split it, as data.split({ test: 0.2 }), or give a data set",
  );
  const { found } = await shown(() => whole.inspect.confusion());
  expect(found.part).toBe("training");
});

test("no look changes the run, also when it is stopped", async () => {
  const before = run.weights.parameters.slice();
  await shown(() => run.inspect.confusion());
  await shown(() => run.baselines());
  const stop = new AbortController();
  stop.abort();
  const context = testContext(backend, { signal: stop.signal });
  await expect(inContext(context, () => run.inspect.mistakes())).rejects.toThrow(/interrupted/);
  expect(run.weights.parameters).toEqual(before);
  const [first, again] = [await train(), await train()];
  expect(first.weights.parameters).toEqual(again.weights.parameters);
  expect(first.weights.parameters).toEqual(before);
});

describe("yes or no, and several labels", () => {
  const x = bars.train.x;
  const is = (set: typeof bars.train, c: number) => Array.from(set.y.data, (label) => Number(label === c));
  const make = (given: object, width: number) =>
    experiment({
      model: nn.sequential(nn.linear(width)),
      loss: loss.bceWithLogits(),
      optimizer: optim.adam({ lr: 0.02 }),
      batchSize: 50,
      seed: 3,
      ...given,
    } as never);
  const run = (exp: ReturnType<typeof make>) => inContext(testContext(backend), () => exp.fit({ epochs: 6 }));
  const look = <T>(work: () => Promise<T>): Promise<T> => inContext(testContext(backend), work);

  test("one output is two classes: the figures are those of metrics, and softmax of two scores", async () => {
    const y = new HostTensor([x.shape[0] as number], "i32", Int32Array.from(is(bars.train, 2)));
    const data = sources.tensors({ x, y, classes: ["other", "right"] });
    const own = [metrics.accuracy(), metrics.recall({ name: "recall" }), metrics.auc(), metrics.ece()];
    const found = await run(make({ data, metrics: own }, 1));
    const figures = await look(() => found.evaluate(data));
    const confused = await look(() => found.inspect.confusion());
    expect(confused.classes).toEqual(["other", "right"]);
    expect(confused.accuracy).toBeCloseTo(figures.accuracy as number, 6);
    expect(confused.perClass[1]?.recall).toBeCloseTo(figures.recall as number, 6);
    const area = await look(() => found.inspect.roc());
    expect(area.perClass.map(({ name }) => name)).toEqual(["right"]);
    expect(area.macro).toBeCloseTo(figures.auc as number, 5);
    const calibrated = await look(() => found.inspect.calibration());
    expect(calibrated.expectedError).toBeCloseTo(figures.ece as number, 5);
    expect((await look(() => found.inspect.mistakes())).wrong).toBe(Math.round((1 - confused.accuracy) * data.size));
  });

  test("labels are looked at one by one, or all by their curves", async () => {
    const [left, right] = [is(bars.train, 0), is(bars.train, 2)];
    const hot = left.flatMap((v, i) => [v, Number(v === 1 || right[i] === 1)]);
    const y = new HostTensor([left.length, 2], "f32", Float32Array.from(hot));
    const data = sources.tensors({ x, y, classes: ["left", "side"] });
    expect(String(data)).toContain("2 labels: left, side");
    const found = await run(make({ data, metrics: [metrics.f1({ class: 1 })] }, 2));
    const figures = await look(() => found.evaluate(data));
    const side = await look(() => found.inspect.confusion({ label: "side" }));
    expect(side.classes).toEqual(["not side", "side"]);
    expect(side.perClass[1]?.f1).toBeCloseTo(figures.f1 as number, 6);
    expect((await look(() => found.inspect.precisionRecall())).perClass.map(({ name }) => name)).toEqual([
      "left",
      "side",
    ]);
    await expect(look(() => found.inspect.confusion())).rejects.toThrow(
      'inspect.confusion: tensors has 2 labels, of which any number holds; say which one, as label: "left"',
    );
    expect(() => make({ data, loss: loss.crossEntropy() }, 2)).toThrow("use loss.bceWithLogits()");
  });
});
