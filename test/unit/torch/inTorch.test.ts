import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Augmentation, augment, augmentations } from "../../../engine/augment/index.ts";
import { average } from "../../../engine/average/index.ts";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { type Dataset, data } from "../../../engine/data/index.ts";
import { axisOfClasses, type Loss, loss, losses } from "../../../engine/losses/index.ts";
import { type Metric, measures, metrics } from "../../../engine/metrics/index.ts";
import { type Layer, layers, nn } from "../../../engine/nn/index.ts";
import { constant, evaluate, input, type Values } from "../../../engine/ops/index.ts";
import { type Optimizer, optim, type optimizers, parameterGroups } from "../../../engine/optim/index.ts";
import { instance, type Params } from "../../../engine/params/index.ts";
import { normal, uniform } from "../../../engine/random/index.ts";
import { regularize } from "../../../engine/regularize/index.ts";
import { schedule } from "../../../engine/schedules/index.ts";
import { experiment, inContext } from "../../../engine/session/index.ts";
import { type HostTensor, type Shape, sizeOf } from "../../../engine/tensor/index.ts";
import {
  classes,
  torchAugmentation,
  torchLoss,
  torchMetric,
  torchModel,
  torchOptimizer,
} from "../../../engine/torch/index.ts";
import { testContext } from "../../support/context.ts";
import { referenceOptimizer } from "../../support/optimizer.ts";
import { pythonWithTorch, runPython } from "../../support/torchRun.ts";
import { drawn } from "../losses/drawn.ts";
import { examples as lossExamples } from "../losses/examples.ts";
import { examples as layerExamples } from "../nn/examples.ts";
import { traced } from "../nn/traced.ts";

/** What is written for PyTorch, run by PyTorch: the same numbers. Where there is no PyTorch it is only written. */

const folder = mkdtempSync(join(tmpdir(), "dlnb-in-torch-"));
const python = await pythonWithTorch();
const check = new URL("../../support/torchCheck.py", import.meta.url).pathname;
let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 1, log: () => {} });
});
afterAll(async () => {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
});
const inside = <T>(work: () => Promise<T>): Promise<T> => inContext(testContext(backend, { folder }), work);

/** What PyTorch makes otherwise of the cases. */
async function complaints(name: string, cases: readonly object[]): Promise<string[]> {
  if (python === undefined) return [];
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(cases));
  const told = await runPython(python, [check, `${name}.json`], folder);
  return JSON.parse(told.trimEnd().split("\n").at(-1) as string);
}

const plain = ({ shape, dtype, data }: Values | HostTensor) => ({ shape, dtype, data: [...data] });
const none = (): string => {
  throw new Error("no table is expected");
};

test("every layer of the library gives the same numbers", async () => {
  const cases = Object.keys(layers).flatMap((type) =>
    (layerExamples[type] ?? []).map(({ layer, shape, dtype = "f32", inputs = {} }, i) => {
      const of = traced(layer, shape, { training: false, dtype, inputs });
      const given = Object.keys(inputs);
      const fixed = given.length > 0 ? { batch: shape[0] as number, inputs } : {};
      const made = torchModel(layer, { shape: fixed.batch ? shape : shape.slice(1), dtype, table: none, ...fixed });
      return {
        kind: "model",
        name: `${type} ${i}`,
        code: [...made.classes.map((name) => classes[name]), ...made.written].join("\n\n\n"),
        expression: made.expression,
        given,
        training: false,
        state: [...Object.keys(of.parameters), ...Object.keys(of.buffers)],
        values: Object.fromEntries(Object.entries(of.values).map(([name, value]) => [name, plain(value)])),
        want: of.evaluated(of.output)[0],
      };
    }),
  );
  expect(cases.length).toBeGreaterThan(140);
  expect(await complaints("layers", cases)).toEqual([]);
}, 120_000);

/** Modules as users write them, for [N, 6] or what stands beside. */
const functions: Readonly<Record<string, readonly [layer: Layer, shape?: Shape]>> = {
  gates: [nn.module({ a: nn.linear(6), b: nn.linear(6) }, ({ a, b }, x) => x.add(a(x).mul(b(x).sigmoid())))],
  shapes: [
    nn.module({}, (_, x) => {
      const [n = 0] = x.shape;
      const y = x.reshape([n, 2, 3]).transpose(1, 2).reshape([n, 3, 2]);
      return y.sum(2).sub(y.max(1, { keepdims: true }).reshape([n, 2]).mean(1).unsqueeze(1));
    }),
  ],
  norms: [
    nn.module({}, (_, x) => {
      const centred = x.sub(x.mean(-1, { keepdims: true }));
      return centred.div(x.variance(-1, { keepdims: true }).add(1e-5).sqrt()).mul(x.norm(2, 1, { keepdims: true }));
    }),
  ],
  choices: [
    nn.module({}, (_, x) => x.greater(0).and(x.less(1)).where(x.square().add(1).log(), x.clamp(-1, 0.5).exp().sub(1))),
  ],
  attention: [
    nn.module({ q: nn.linear(4), k: nn.linear(4), v: nn.linear(4), drop: nn.dropout(0.1) }, ({ q, k, v, drop }, x) => {
      const scores = q(x).matmul(k(x).transpose()).div(2);
      return drop(scores.softmax(-1)).matmul(v(x)).mean(1);
    }),
    [5, 3],
  ],
  mask: [
    nn.module({}, (_, x) => {
      const causal = x.matmul(x.transpose()).tril();
      return causal.add(x.sum(-1, { keepdims: true }).cumsum(1)).logSoftmax(-1);
    }),
    [4, 3],
  ],
  picking: [
    nn.module({}, (_, x) => {
      const { values, indices } = x.topK(3);
      return values
        .add(x.takeAlongDim(indices, 1).flip(1))
        .add(x.argmax(1).oneHot(3).mul(0.5))
        .add(x.slice(1, 1, 6, 2));
    }),
  ],
  images: [
    nn.module({ conv: nn.conv2d(4, { kernelSize: 3, padding: 1 }), norm: nn.batchNorm() }, ({ conv, norm }, x) => {
      const y = norm(conv(x)).relu();
      return y
        .pad({ lo: [0, 0, 1, 0], hi: [0, 0, 0, 2] })
        .mean([2, 3])
        .add(y.max([2, 3]));
    }),
    [2, 5, 5],
  ],
  nested: [
    nn.sequential(
      nn.module({ inner: nn.module({ out: nn.linear(6) }, ({ out }, x) => out(x).tanh()) }, ({ inner }, x) =>
        inner(inner(x)).add(x),
      ),
      nn.linear(2),
    ),
  ],
  states: [
    nn.module({ rnn: nn.lstm(3), cell: nn.gruCell(3), more: nn.gru(3) }, ({ rnn, cell, more }, x) => {
      const { y, h, c } = rnn.results(x);
      const last = h.slice(0, 0, 1).reshape([x.shape[0] as number, 3]);
      const next = cell(last, { h: c.slice(0, 0, 1).reshape([x.shape[0] as number, 3]) });
      return more(y, { h }).mean(1).add(next);
    }),
    [4, 2],
  ],
  decoder: [
    nn.module(
      {
        enc: nn.transformerEncoderLayer(2, { dimFeedforward: 4 }),
        dec: nn.transformerDecoderLayer(2, { dimFeedforward: 4 }),
      },
      ({ enc, dec }, x) => dec(x.mul(0.5), { memory: enc(x) }),
    ),
    [3, 4],
  ],
};

test.each(Object.keys(functions))(
  "a function of tensors of the user's gives the same numbers for any batch: %s",
  async (name) => {
    const [layer, shape = [6]] = functions[name] as readonly [Layer, Shape?];
    const made = torchModel(layer, { shape, dtype: "f32", table: none });
    const cases = [3, 7, 10].map((n) => {
      const of = traced(layer, [n, ...shape], { training: false });
      return {
        ...{ kind: "model", name: `${name} of ${n}`, expression: made.expression, given: [], training: false },
        code: [...made.classes.map((own) => classes[own]), ...made.written].join("\n\n\n"),
        state: [...Object.keys(of.parameters), ...Object.keys(of.buffers)],
        values: Object.fromEntries(Object.entries(of.values).map(([key, value]) => [key, plain(value)])),
        want: of.evaluated(of.output)[0],
      };
    });
    expect(await complaints(`function ${name}`, cases)).toEqual([]);
  },
  60_000,
);

test("every loss gives the same number", async () => {
  const cases = Object.entries(lossExamples).flatMap(([type, list]) =>
    list.map((example, i) => {
      const made = instance(type, losses[type as "mse"] as never, example.options) as unknown as Loss;
      const { output, target } = drawn(example, 3);
      const given = { output: input("output", output.shape), target: input("target", target.shape, target.dtype) };
      const dim = (made.options as { dim?: number | null }).dim ?? null;
      const classed = target.dtype === "i32" && target.shape.length === output.shape.length - 1;
      const axis = classed ? axisOfClasses(type, output.shape, target.shape, dim) : null;
      const compared = { output: output.shape.slice(1), target: target.shape.slice(1), dtype: target.dtype, axis };
      const { criterion, text } = torchLoss(made, compared, none);
      return {
        ...{ kind: "function", name: `${type} ${i}`, call: "loss_of", code: `${criterion ?? ""}\n${text}` },
        args: [plain(output), plain(target)],
        want: [...(evaluate([made.definition.compute(given, made.options)], { output, target })[0]?.data ?? [])],
      };
    }),
  );
  expect(await complaints("losses", cases)).toEqual([]);
}, 60_000);

const N = 40;
const scores = {
  shape: [N, 3],
  dtype: "f32",
  data: Float64Array.from(normal(3, 0, 3 * N), (x) => Math.round(x * 8) / 8),
} as const;
const numbers = (shape: Shape, data: Iterable<number>, dtype: "f32" | "i32"): Values => ({
  shape,
  dtype,
  data: Float64Array.from(data),
});
const targets = {
  classes: numbers(
    [N],
    Array.from(uniform(4, 0, N), (u, i) => (u < 0.4 ? Math.floor(u * 7) : i) % 3),
    "i32",
  ),
  labels: numbers(
    [N, 3],
    Array.from(uniform(5, 0, 3 * N), (u) => Number(u > 0.6)),
    "f32",
  ),
  values: numbers([N, 3], normal(6, 0, 3 * N), "f32"),
};

/** Options of metrics, and what they compare with. */
const measured: Readonly<Record<keyof typeof measures, readonly (readonly [Metric, keyof typeof targets])[]>> = {
  accuracy: [
    [metrics.accuracy(), "classes"],
    [metrics.accuracy(), "labels"],
    [metrics.accuracy({ ignoreIndex: 1 }), "classes"],
  ],
  auc: [
    [metrics.auc(), "classes"],
    [metrics.auc({ average: "weighted" }), "labels"],
    [metrics.auc({ class: 1 }), "classes"],
  ],
  averagePrecision: [
    [metrics.averagePrecision(), "classes"],
    [metrics.averagePrecision(), "labels"],
  ],
  balancedAccuracy: [
    [metrics.balancedAccuracy(), "classes"],
    [metrics.balancedAccuracy(), "labels"],
  ],
  combine: [
    [
      metrics.combine({
        of: [metrics.precision(), metrics.recall()],
        value: ([p = 0, r = 0]) => (2 * p * r) / (p + r),
      }),
      "classes",
    ],
    [
      metrics.combine({ of: [metrics.mae(), metrics.mae()], value: (v) => Math.max(-(v[0] as never), 1) ** 2 }),
      "values",
    ],
  ],
  cosineSimilarity: [[metrics.cosineSimilarity(), "values"]],
  ece: [
    [metrics.ece(), "classes"],
    [metrics.ece({ bins: 4 }), "labels"],
  ],
  exactMatch: [
    [metrics.exactMatch(), "labels"],
    [metrics.exactMatch(), "classes"],
  ],
  f1: [
    [metrics.f1(), "classes"],
    [metrics.f1({ average: "micro" }), "labels"],
    [metrics.f1({ average: "weighted" }), "classes"],
    [metrics.f1({ class: 2 }), "classes"],
  ],
  fBeta: [
    [metrics.fBeta(2), "classes"],
    [metrics.fBeta(0.5, { threshold: 0.3 }), "labels"],
  ],
  kappa: [
    [metrics.kappa(), "classes"],
    [metrics.kappa(), "labels"],
  ],
  mae: [[metrics.mae(), "values"]],
  matthews: [
    [metrics.matthews(), "classes"],
    [metrics.matthews(), "labels"],
  ],
  mse: [[metrics.mse(), "values"]],
  perplexity: [
    [metrics.perplexity(), "classes"],
    [metrics.perplexity({ ignoreIndex: 0 }), "classes"],
  ],
  precision: [
    [metrics.precision(), "classes"],
    [metrics.precision({ average: "micro" }), "classes"],
  ],
  r2: [[metrics.r2(), "values"]],
  recall: [
    [metrics.recall(), "classes"],
    [metrics.recall({ average: "weighted" }), "labels"],
  ],
  rmse: [[metrics.rmse(), "values"]],
  specificity: [
    [metrics.specificity(), "classes"],
    [metrics.specificity(), "labels"],
  ],
  topK: [
    [metrics.topK(1), "classes"],
    [metrics.topK(2), "classes"],
  ],
};

test("every metric gives the same figure of a set", async () => {
  const cases = Object.entries(measured).flatMap(([type, list]) =>
    list.map(([metric, kind], i) => {
      const target = targets[kind];
      const axis = kind === "classes" ? 1 : null;
      const compared = { output: [3], target: target.shape.slice(1), dtype: target.dtype, axis };
      const of = kind === "values" ? loss.mse() : kind === "labels" ? loss.bceWithLogits() : loss.crossEntropy();
      const made = torchMetric(metric, compared, of, none);
      const given = { output: input("output", scores.shape), target: input("target", target.shape, target.dtype) };
      const gives = of.definition.gives(of.options);
      const batch = metric.definition.batch({ ...given, gives }, metric.options);
      const keys = Object.keys(batch);
      const found = evaluate(
        keys.map((key) => batch[key] as never),
        { output: scores, target },
      );
      const sums = Object.fromEntries(keys.map((key, k) => [key, found[k]?.data as Float64Array]));
      return {
        ...{ kind: "function", name: `${type} ${i}`, call: made?.call, code: `${made?.helper ?? ""}\n\n${made?.text}` },
        args: [plain(scores), plain(target)],
        want: [metric.definition.value(sums, metric.options)],
      };
    }),
  );
  expect(await complaints("metrics", cases)).toEqual([]);
}, 60_000);

test("every update rule takes the same steps", async () => {
  const options: Readonly<Record<keyof typeof optimizers, readonly Readonly<Record<string, unknown>>[]>> = {
    adadelta: [{ lr: 1, rho: 0.8, weightDecay: 0.01 }],
    adagrad: [{ lr: 0.1, lrDecay: 0.1, initialAccumulatorValue: 0.1 }],
    adam: [
      { lr: 0.1 },
      { lr: 0.1, weightDecay: 0.1, amsgrad: true },
      { lr: 0.1, biasCorrection: false },
      { lr: 0.1, maximize: true },
    ],
    adamax: [{ lr: 0.1, betas: [0.8, 0.9] }],
    adamw: [
      { lr: 0.1, weightDecay: 0.2 },
      { lr: 0.1, amsgrad: true },
    ],
    asgd: [{ lr: 0.1, lambd: 0.1 }],
    lion: [
      { lr: 0.01, weightDecay: 0.1 },
      { lr: 0.01, betas: [0.5, 0.7], maximize: true },
    ],
    nadam: [{ lr: 0.1, decoupledWeightDecay: true, weightDecay: 0.1 }],
    radam: [
      { lr: 0.1, weightDecay: 0.1 },
      { lr: 0.1, weightDecay: 0.1, decoupledWeightDecay: true },
    ],
    rmsprop: [{ lr: 0.1 }, { lr: 0.1, momentum: 0.5, centered: true }],
    rprop: [{ lr: 0.1 }],
    sgd: [
      { lr: 0.1 },
      { lr: 0.1, momentum: 0.9, nesterov: true },
      { lr: 0.1, momentum: 0.9, form: "classic", weightDecay: 0.1 },
      { lr: 0.1, momentum: 0.5, dampening: 0.3 },
    ],
  };
  const cases = Object.entries(options).flatMap(([type, list]) =>
    list.map((given, i) => {
      const made = (optim as unknown as Record<string, (o: unknown) => Optimizer>)[type]?.(given) as Optimizer;
      const { written, call } = torchOptimizer(made, parameterGroups(made, [{ name: "weight", shape: [4] }]));
      let p = Float64Array.from(normal(1, 0, 4), Math.fround);
      const gradients = Array.from({ length: 8 }, (_, step) => Array.from(normal(2, step, 4), Math.fround));
      const of = referenceOptimizer(made, 4);
      const first = { shape: [4], dtype: "f32" as const, data: [...p] };
      const want = gradients.map((g) => {
        p = Float64Array.from(of.step(p, Float64Array.from(g)));
        return [...p];
      });
      return { kind: "optimizer", name: `${type} ${i}`, code: written ?? "", call, p: first, gradients, want };
    }),
  );
  expect(await complaints("optimizers", cases)).toEqual([]);
}, 60_000);

const images: Readonly<Record<keyof typeof augmentations, Augmentation>> = {
  affine: augment.affine({ degrees: 20, translate: [0.2, 0.2], scale: [0.8, 1.2], shear: [10, 5] }),
  centerCrop: augment.centerCrop(6),
  colorJitter: augment.colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.2 }),
  cutmix: augment.cutmix(),
  erasing: augment.erasing({ p: 1, scale: [0.2, 0.4] }),
  gaussianBlur: augment.gaussianBlur(3, { sigma: [0.5, 2] }),
  grayscale: augment.grayscale(1),
  hflip: augment.hflip(0.5),
  mixup: augment.mixup(1),
  noise: augment.noise(0.2),
  normalize: augment.normalize({ mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] }),
  randomCrop: augment.randomCrop(8, { padding: 3 }),
  randomResizedCrop: augment.randomResizedCrop(6),
  resize: augment.resize([5, 7]),
  rotation: augment.rotation(30),
  scale: augment.scale([0.6, 0.9]),
  shift: augment.shift([3, 3]),
  vflip: augment.vflip(1),
};

test("every augmentation makes the same pictures of the same noise", async () => {
  const shape = [5, 3, 8, 8];
  const x = numbers(shape, uniform(9, 0, sizeOf(shape)), "f32");
  const cases = Object.entries(images).flatMap(([type, one]) =>
    [0.37, 0.81].flatMap((noise) => {
      const tables: Record<string, ReturnType<typeof plain>> = {};
      const table = (host: HostTensor) => {
        tables.table = plain(host);
        return "table";
      };
      const made = torchAugmentation(
        [one],
        { shape: shape.slice(1), target: [], targetType: "i32", output: [4] },
        table,
      );
      return (["augment", "prepare"] as const).flatMap((call) => {
        const text = made[call];
        if (text === null) return [];
        const draws = { training: call === "augment", uniform: (at: Shape) => constant(noise, at) };
        const given = input("x", shape);
        const mixed = one.definition.mix?.(draws, given, one.options);
        const results = mixed ? [mixed.x, mixed.share] : [one.definition.apply?.(draws, given, one.options) ?? given];
        const want = evaluate(results, { x }).map(({ data }) => [...data]);
        return [
          {
            kind: "function",
            name: `${type} ${call} ${noise}`,
            call,
            code: text,
            tables,
            args: [plain(x)],
            noise,
            want,
          },
        ];
      });
    }),
  );
  expect(cases.length).toBeGreaterThan(30);
  expect(await complaints("augmentations", cases)).toEqual([]);
}, 60_000);

describe("a script trains as fit does", () => {
  const net = () => nn.sequential(nn.linear(8), nn.tanh(), nn.linear(3));
  const base = {
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.sgd({ lr: 0.2 }),
    model: net,
  };
  type Case = readonly [
    options?: Readonly<Record<string, unknown>>,
    fit?: Readonly<Record<string, unknown>>,
    regression?: true,
  ];
  const cases: Readonly<Record<string, Case>> = {
    plain: [],
    "momentum and cosine": [
      { optimizer: optim.sgd({ lr: 0.2, momentum: 0.9, nesterov: true }) },
      { schedule: schedule.cosine() },
    ],
    "lion with a warm-up": [
      { optimizer: optim.lion({ lr: 3e-3 }) },
      { schedule: schedule.warmup(5, schedule.linear()) },
    ],
    "one cycle": [{ optimizer: optim.adamw({ lr: 0.01 }) }, { schedule: schedule.oneCycle({ maxLr: 0.05 }) }],
    "warm restarts": [{}, { schedule: schedule.warmRestarts({ t0: 4 }) }],
    "a schedule of your own": [{}, { schedule: schedule.lambda((t) => 1 / (1 + 0.1 * t)) }],
    "schedules one after the other": [
      {},
      { schedule: schedule.concat([schedule.constant(), schedule.exponential({ gamma: 0.9 })], { milestones: [7] }) },
    ],
    "a chain": [
      {},
      { schedule: schedule.chain([schedule.exponential({ gamma: 0.95 }), schedule.step({ stepSize: 5 })]) },
    ],
    "cyclic rates and momentum": [
      { optimizer: optim.sgd({ lr: 0.1, momentum: 0.9 }) },
      { schedule: schedule.cyclic({ baseLr: 0.02, maxLr: 0.2, stepSizeUp: 4 }) },
    ],
    plateau: [{}, { schedule: schedule.plateau({ patience: 0, threshold: 0.5 }) }],
    groups: [
      {
        optimizer: optim.adam({
          lr: 0.02,
          groups: [
            { params: "*.bias", lr: 0.05 },
            { params: "0", frozen: true },
          ],
        }),
      },
      { schedule: schedule.inverseSqrt({ warmup: 4 }) },
    ],
    "weight decay of weights alone": [
      { optimizer: optim.adamw({ lr: 0.02, weightDecay: 0.3, weightDecayOn: "weights" }) },
    ],
    "focal loss and penalties": [
      {
        loss: loss.focal({ gamma: 1.5 }),
        regularize: [
          regularize.l1(1e-3),
          regularize.elasticNet({ l1: 1e-3, l2: 1e-2 }),
          regularize.l2(1e-3, { on: "0" }),
        ],
      },
    ],
    "limits and clipping": [{ regularize: [regularize.maxNorm(0.5)], clip: { norm: 0.1, value: 0.02 } }],
    "accumulated batches": [{ batchSize: 7, accumulate: 3 }],
    "class weights": [{ loss: loss.crossEntropy({ weight: "balanced", labelSmoothing: 0.1 }) }],
    "an average": [{ average: average.ema({ decay: 0.8, start: 3, every: 2 }) }],
    "averaged epochs": [
      {
        average: average.swa({ start: 2 }),
        model: () => nn.sequential(nn.linear(8), nn.batchNorm(), nn.relu(), nn.linear(3)),
      },
    ],
    "early stopping": [{ optimizer: optim.sgd({ lr: 8 }) }, { epochs: 9, earlyStopping: { patience: 1 } }],
    "a function of your own": [
      {
        model: () =>
          nn.sequential(
            nn.linear(6),
            nn.module({ a: nn.linear(6) }, ({ a }, x) => x.add(a(x).sigmoid())),
            nn.maxout(3),
          ),
      },
    ],
    "tied weights": [
      {
        model: () =>
          nn.tied(nn.sequential({ a: nn.linear(2), b: nn.tanh(), c: nn.linear(2), d: nn.linear(3) }), {
            "c.weight": "a.weight",
          }),
      },
    ],
    regression: [
      {
        loss: loss.huber(),
        metrics: [metrics.r2(), metrics.rmse()],
        model: () => nn.sequential(nn.linear(6), nn.tanh(), nn.linear(1)),
      },
      {},
      true,
    ],
    lbfgs: [{ optimizer: optim.lbfgs({ lr: 0.5, maxIter: 4 }) }],
    "lbfgs with a line search": [{ optimizer: optim.lbfgs({ maxIter: 4, lineSearchFn: "strongWolfe" }) }],
    "conjugate gradients": [{ optimizer: optim.cg(), regularize: [regularize.l2(1e-3)] }],
    "conjugate gradients by halves": [{ optimizer: optim.cg({ beta: "FR", lineSearch: "backtracking" }) }],
    newton: [{ optimizer: optim.newton({ damping: 0.1 }) }],
    "newton without a search": [{ optimizer: optim.newton({ damping: 1, lineSearch: null, lr: 0.5 }) }],
    "a last batch left out": [{ dropLast: true, batchSize: 32 }],
  };

  test("to the same figures", async () => {
    const run = await inside(async () => {
      const blobs = (await data.blobs({ n: 120, classes: 3, seed: 1 })) as Dataset;
      const waves = (await data.sinusoid({ n: 120, seed: 1 })) as Dataset;
      const done: object[] = [];
      for (const [i, [name, [options = {}, fit = {}, regression]]] of Object.entries(cases).entries()) {
        const { model, ...rest } = { ...base, ...options };
        const splits = (regression ? waves : blobs).split({ valid: 0.25, test: 0.1, seed: 1 });
        const exp = experiment({
          data: splits,
          model: (model as () => Layer)(),
          batchSize: 16,
          shuffle: false,
          seed: 3,
          ...rest,
        } as never);
        const path = join(folder, `script${i}.py`);
        await exp.exportPyTorch(path, { epochs: 3, ...fit } as never);
        const made = await exp.fit({ epochs: 3, ...fit } as never);
        const own = exp.splits.test as Dataset;
        const test = await made.evaluate(own);
        const averaged = exp.options.average ? { averaged: await made.averaged.evaluate(own) } : {};
        done.push({ kind: "script", name, path, tolerance: 2e-4, want: { test, ...averaged } });
      }
      return done;
    });
    expect(await complaints("scripts", run)).toEqual([]);
  }, 180_000);
});

/** Whether every entry of the registries has a case above. */
test.each([
  ["metrics", measured, measures],
  ["augmentations", images, augmentations],
] as [string, object, Readonly<Record<string, { params: Params }>>][])("has cases of all %s", (_, cases, all) => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(all).sort());
});
