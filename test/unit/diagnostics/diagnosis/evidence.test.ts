import { describe, expect, test } from "vitest";
import { Dataset } from "../../../../engine/data/index.ts";
import { curveFacts } from "../../../../engine/diagnostics/diagnosis/evidence/curve.ts";
import { duplicateFacts } from "../../../../engine/diagnostics/diagnosis/evidence/duplicates.ts";
import { expectedLoss } from "../../../../engine/diagnostics/diagnosis/evidence/expectedLoss.ts";
import { featureFacts } from "../../../../engine/diagnostics/diagnosis/evidence/features.ts";
import { saturatedShare } from "../../../../engine/diagnostics/diagnosis/evidence/kinds.ts";
import { labelLeak } from "../../../../engine/diagnostics/diagnosis/evidence/leaks.ts";
import { linearR2 } from "../../../../engine/diagnostics/diagnosis/evidence/linear.ts";
import {
  acrossParts,
  neighbourFacts,
  neighbourR2,
} from "../../../../engine/diagnostics/diagnosis/evidence/neighbours.ts";
import {
  oddTargets,
  standardizedTargets,
  type TargetFacts,
  targetFacts,
} from "../../../../engine/diagnostics/diagnosis/evidence/targets.ts";
import { loss } from "../../../../engine/losses/index.ts";
import { nn } from "../../../../engine/nn/index.ts";
import { optim } from "../../../../engine/optim/index.ts";
import { normal } from "../../../../engine/random/index.ts";
import { Experiment } from "../../../../engine/session/index.ts";
import { HostTensor } from "../../../../engine/tensor/index.ts";

/** `n` examples of `width` normal features; `y` from the row's number and features. */
function made(n: number, width: number, y: (i: number, x: (f: number) => number) => number, classes?: number): Dataset {
  const x = normal(3, 0, n * width);
  const at = (i: number) => (f: number) => x[i * width + f] as number;
  const targets = Array.from({ length: n }, (_, i) => y(i, at(i)));
  return new Dataset({
    name: "made",
    x: new HostTensor([n, width], "f32", x),
    y:
      classes === undefined
        ? new HostTensor([n, 1], "f32", Float32Array.from(targets))
        : new HostTensor([n], "i32", Int32Array.from(targets)),
    task: classes === undefined ? "regression" : "classification",
    featureNames: Array.from({ length: width }, (_, f) => `f${f}`),
    ...(classes === undefined ? {} : { classes: Array.from({ length: classes }, (_, c) => `c${c}`) }),
  });
}

/** `set` with feature `f` put in place of what it was. */
function withFeature(set: Dataset, f: number, value: (i: number) => number): Dataset {
  const width = set.x.shape[1] as number;
  const x = Float32Array.from(set.x.data);
  for (let i = 0; i < set.size; i++) x[i * width + f] = value(i);
  return set.with({ x: new HostTensor(set.x.shape, "f32", x) });
}

describe("features", () => {
  test("deviations are the population's, and their ratio leaves out what hardly ever varies", () => {
    const set = withFeature(
      withFeature(
        made(200, 4, () => 0),
        1,
        (i) => (i % 2 ? 30 : -30),
      ),
      2,
      (i) => (i === 0 ? 1 : 0),
    );
    const facts = featureFacts(withFeature(set, 3, () => 7));
    expect(facts.std[1]).toBeCloseTo(30, 10);
    expect(facts.constant).toBe(1);
    expect(facts.ratio).toBeCloseTo(30 / (facts.std[0] as number), 6);
    expect(facts.widest).toBe("f1");
  });
});

describe("a feature that gives the target away", () => {
  const by = (x: (f: number) => number) => (x(0) > 0.4 ? 2 : x(0) > -0.4 ? 1 : 0);

  test("is found when the classes lie apart along it, in any order", () => {
    const set = made(200, 5, (i) => (i * 7) % 3, 3);
    const leaked = withFeature(set, 3, (i) => [5, -1, 2][(i * 7) % 3] as number);
    expect(labelLeak(leaked)).toEqual({ feature: "f3", strength: 1, kind: "label" });
    expect(labelLeak(set)).toBeNull();
  });

  test("is found when it marks one class of several", () => {
    const set = made(200, 5, (i) => (i * 7) % 4, 4);
    const leaked = withFeature(set, 2, (i) => Number((i * 7) % 4 === 1));
    expect(labelLeak(leaked)).toMatchObject({ feature: "f2", kind: "class" });
  });

  test("is no feature whose classes overlap by a few in a hundred", () => {
    const set = made(400, 5, (i, x) => (i % 20 === 0 ? (i / 20) % 3 : by(x)), 3);
    expect(labelLeak(set)).toBeNull();
  });

  test("is found for values by their ranks", () => {
    const set = made(200, 4, (_, x) => x(1) + x(2));
    expect(labelLeak(set)).toBeNull();
    const leaked = withFeature(set, 0, (i) => Math.exp(set.y.data[i] as number));
    expect(labelLeak(leaked)).toMatchObject({ feature: "f0", kind: "value" });
  });
});

test("duplicates across parts are counted by their bits, -0 as 0", () => {
  const set = made(40, 3, (i) => i % 2, 2);
  const train = set.rows([0, 1, 2, 3, 4, 4]);
  const valid = set.rows([3, 4, 10, 11]);
  expect(duplicateFacts({ train, valid })).toEqual({
    within: 1 / 6,
    copies: false,
    shared: [{ part: "validation", count: 2, of: 4 }],
  });
});

test("equal examples are copies where two features take many values, and chance where they take few", () => {
  const fine = made(200, 2, (i) => i % 2, 2);
  expect(duplicateFacts({ train: fine }).copies).toBe(true);
  const one = withFeature(fine, 1, (i) => i % 5);
  expect(duplicateFacts({ train: one }).copies).toBe(false); // 200 x 5 pairs for 200 examples
});

test("targets are odd where they lie far from 0 or spread widely", () => {
  const set = made(100, 2, (_, x) => x(0));
  const facts = targetFacts(set) as TargetFacts;
  expect(oddTargets(facts)).toBe(false);
  expect(oddTargets({ ...facts, mean: 4 * facts.std })).toBe(true);
  expect(oddTargets({ mean: 0, std: 20 })).toBe(true);
  const again = targetFacts(standardizedTargets(set, facts)) as TargetFacts;
  expect(again.mean).toBeCloseTo(0, 6);
  expect(again.std).toBeCloseTo(1, 6);
  expect(targetFacts(made(20, 2, (i) => i % 2, 2))).toBeNull();
});

describe("neighbours", () => {
  test("explain values that a line does not", () => {
    const set = made(300, 1, (_, x) => Math.sin(3 * x(0)));
    expect(neighbourR2(set, featureFacts(set))).toBeGreaterThan(0.9);
    expect(linearR2(set, featureFacts(set))).toBeLessThan(0.3);
    const none = made(300, 2, (i) => Math.sin(i * 12.9898) * 43758.5453);
    expect(neighbourR2(none, featureFacts(none))).toBeLessThan(0.1);
  });

  test("in the training part are asked about the validation part", () => {
    const set = made(300, 2, (_, x) => (x(0) > 0 ? 1 : 0), 2);
    const facts = featureFacts(set);
    const half = (from: number) => set.rows(Array.from({ length: 150 }, (_, i) => from + i));
    const [train, valid] = [half(0), half(150)];
    expect(acrossParts({ train, valid }, facts)).toMatchObject({ asked: 150 });
    expect(acrossParts({ train, valid }, facts)?.accuracy).toBeGreaterThan(0.9);
    const turned = valid.with({
      y: new HostTensor(
        [150],
        "i32",
        Int32Array.from(valid.y.data, (c) => 1 - c),
      ),
    });
    expect(acrossParts({ train, valid: turned }, facts)?.accuracy).toBeLessThan(0.1);
    expect(acrossParts({ train }, facts)).toBeNull();
  });

  const blobs = (n: number) => {
    const set = made(n, 4, (i) => i % 3, 3);
    return [0, 1, 2].reduce(
      (s, f) => withFeature(s, f, (i) => (i % 3 === f ? 6 : 0) + (s.x.data[i * 4 + f] as number)),
      set,
    );
  };

  test("agree where classes are apart, and find about as many odd labels as were drawn anew", () => {
    const set = blobs(600);
    expect(neighbourFacts(set, featureFacts(set))).toMatchObject({ accuracy: 1, odd: 0 });
    const y = Int32Array.from(set.y.data, (c, i) => (i % 10 < 3 ? (c + 1 + (i % 2)) % 3 : c));
    const noisy = set.with({ y: new HostTensor([600], "i32", y) });
    expect(neighbourFacts(noisy, featureFacts(noisy))?.odd).toBeGreaterThan(0.24);
    expect(neighbourFacts(noisy, featureFacts(noisy))?.odd).toBeLessThan(0.36);
  });

  test("call classes that only overlap not odd where they do not", () => {
    // one feature decides, with a soft border around 0
    const set = made(600, 2, (i, x) => Number(x(0) + 0.5 * Math.sin(i * 12.9898) > 0), 2);
    expect(neighbourFacts(set, featureFacts(set))?.odd).toBeLessThan(0.04);
  });
});

test("linear least squares explains what is linear, less its number of features", () => {
  const exact = made(200, 3, (_, x) => 2 * x(0) - x(2) + 5);
  expect(linearR2(exact, featureFacts(exact))).toBeCloseTo(1, 4);
  const noise = made(200, 3, (i) => Math.sin(i * 12.9898) * 1000);
  expect(Math.abs(linearR2(noise, featureFacts(noise)) as number)).toBeLessThan(0.05);
});

test("the expected loss is ln C for cross entropy and the mean square of the targets for squared error", () => {
  const of = (data: Dataset, out: number, l: unknown) => {
    const { config } = new Experiment({
      data,
      model: nn.linear(out),
      loss: l,
      optimizer: optim.sgd({ lr: 0.1 }),
      batchSize: 8,
    });
    return expectedLoss(config, data);
  };
  const classes = made(60, 3, (i) => i % 3, 3);
  expect(of(classes, 7, loss.crossEntropy())).toMatchObject({ value: expect.closeTo(Math.log(7), 12) });
  expect(of(classes, 7, loss.crossEntropy({ labelSmoothing: 0.2 })).value).toBeCloseTo(Math.log(7), 12);
  expect(of(classes, 5, loss.nll()).value).toBeCloseTo(Math.log(5), 12);
  const values = made(60, 3, (i) => i);
  const square = Array.from(values.y.data).reduce((s, v) => s + v * v, 0) / 60;
  expect(of(values, 1, loss.mse()).value).toBeCloseTo(square, 6);
});

test("an output is saturated where the slope is below a tenth of the largest", () => {
  const outputs = Array.from({ length: 2001 }, (_, i) => Math.tanh((i - 1000) / 250));
  // 1 - tanh(x)^2 < 0.1 beyond |x| = artanh(sqrt 0.9) = 1.8184
  expect(saturatedShare("tanh", outputs)).toBeCloseTo(1 - 1.8184 / 4, 2);
  expect(saturatedShare("sigmoid", [0.5, 0.03, 0.02, 0.99])).toBe(0.5);
  expect(saturatedShare("relu", [0, 0, 1])).toBe(0);
});

test("a curve's spike stands out of the steps before it; its end is a median", () => {
  const n = 200;
  const trainLoss = Array.from({ length: n }, (_, i) => 2 * Math.exp(-i / 50) + 0.01 * Math.sin(i));
  trainLoss[120] = 9;
  trainLoss[n - 1] = 50;
  const facts = curveFacts({
    step: trainLoss.map((_, i) => i + 1),
    trainLoss,
    lr: trainLoss.map(() => 0.1),
    gradientNorm: trainLoss.map(() => 1),
    epoch: [],
    epochStep: [],
    valid: {},
    train: {},
    thinned: false,
  });
  expect(facts?.spikes.map(({ step }) => step).sort((a, b) => a - b)).toEqual([121, 200]);
  expect(facts?.end).toBeLessThan(0.1);
  expect(facts?.highest).toBeLessThan(2.1);
});
