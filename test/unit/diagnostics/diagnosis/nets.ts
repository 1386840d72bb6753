import { resolve } from "node:path";
import { Dataset, data, Splits } from "../../../../engine/data/index.ts";
import { init } from "../../../../engine/init/index.ts";
import { loss } from "../../../../engine/losses/index.ts";
import { metrics } from "../../../../engine/metrics/index.ts";
import { type Layer, nn } from "../../../../engine/nn/index.ts";
import { optim } from "../../../../engine/optim/index.ts";
import { normal, uniform } from "../../../../engine/random/index.ts";
import { schedule } from "../../../../engine/schedules/index.ts";
import { HostTensor } from "../../../../engine/tensor/index.ts";

type SetName = "digits" | "iris" | "wine" | "breast_cancer" | "diabetes";

/** A net, how it is trained, and what a diagnosis should name first: a rule, or null for a sound net. */
export interface Net {
  readonly name: string;
  /** One of these; the first is the best name. */
  readonly cause: readonly string[] | null;
  /** Options of `experiment` and of `fit`. */
  readonly make: (sets: Sets, seed: number) => { readonly experiment: object; readonly fit: object };
  /** Among those that the test suite trains; the others are for tuning. */
  readonly quick?: true;
}

type Sets = Readonly<Record<SetName, Dataset>>;

export async function loadSets(): Promise<Sets> {
  const names = ["digits", "iris", "wine", "breast_cancer", "diabetes"] as const;
  const read = async (name: SetName) => {
    const task = name === "diabetes" ? "regression" : "classification";
    return [name, await data.csv(resolve("examples/data", `${name}.csv`), { target: "y", task })] as const;
  };
  return Object.fromEntries(await Promise.all(names.map(read))) as Record<SetName, Dataset>;
}

const parts = (set: Dataset, seed: number, sizes: object = { valid: 0.15, test: 0.15 }) =>
  set.split({ ...sizes, seed });

const few = (splits: Splits, count: number) =>
  new Splits({ ...splits, train: splits.train.rows(Array.from({ length: count }, (_, i) => i)) });

/** Hidden layers of one width and activation. */
const mlp = (widths: readonly number[], out: number, activation: () => Layer = nn.relu, options: object = {}): Layer =>
  nn.sequential(...widths.flatMap((w) => [nn.linear(w, options), activation()]), nn.linear(out));

const classes = (d: Splits, model: Layer, optimizer: unknown, more: object = {}) => ({
  data: d,
  model,
  loss: loss.crossEntropy(),
  metrics: [metrics.accuracy()],
  optimizer,
  ...more,
});

const values = (d: Splits, model: Layer, optimizer: unknown, more: object = {}) => ({
  data: d,
  model,
  loss: loss.mse(),
  optimizer,
  ...more,
});

/** Labels drawn anew for a share of the training and validation examples. */
function noisy(splits: Splits, share: number, seed: number): Splits {
  const change = (set: Dataset | undefined, stream: number) => {
    if (!set) return undefined;
    const [draw, label] = [uniform(seed, 900 + stream, set.size), uniform(seed, 910 + stream, set.size)];
    const k = set.classes?.length ?? 1;
    const y = Int32Array.from(set.y.data, (c, i) =>
      (draw[i] as number) < share ? Math.floor((label[i] as number) * k) : c,
    );
    return set.with({ y: new HostTensor([set.size], "i32", y) });
  };
  return new Splits({ train: change(splits.train, 0) as Dataset, valid: change(splits.valid, 1), test: splits.test });
}

/** A column more, made of the label. */
function leaked(set: Dataset, column: (y: number) => number): Dataset {
  const width = set.x.shape[1] as number;
  const x = new Float32Array(set.size * (width + 1));
  for (let i = 0; i < set.size; i++) {
    x.set(set.x.data.subarray(i * width, (i + 1) * width), i * (width + 1));
    x[i * (width + 1) + width] = column(set.y.data[i] as number);
  }
  const { name, y, task, classes } = set;
  const featureNames = [...set.featureNames, "leak"];
  return new Dataset({ name, x: new HostTensor([set.size, width + 1], "f32", x), y, task, featureNames, classes });
}

const scaled = (splits: Splits, factor: number) => splits.normalize({ scale: factor });

/** Targets to mean 0 and deviation 1, by the training part. */
function unitTargets(splits: Splits): Splits {
  const y = Array.from(splits.train.y.data);
  const mean = y.reduce((a, b) => a + b, 0) / y.length;
  const std = Math.sqrt(y.reduce((s, v) => s + (v - mean) ** 2, 0) / y.length);
  const change = (set: Dataset | undefined) =>
    set?.with({
      y: new HostTensor(
        set.y.shape,
        "f32",
        Float32Array.from(set.y.data, (v) => (v - mean) / std),
      ),
    });
  return new Splits({ train: change(splits.train) as Dataset, valid: change(splits.valid), test: change(splits.test) });
}

const std = (set: Dataset, seed: number) => parts(set, seed).normalize("standardize");
const minmax = (set: Dataset, seed: number) => parts(set, seed).normalize("minmax");

const conv = (more: readonly Layer[] = []): Layer =>
  nn.sequential(
    nn.conv2d(8, { kernelSize: 3, padding: 1 }),
    ...more,
    nn.relu(),
    nn.maxPool2d(2),
    nn.flatten(),
    nn.linear(10),
  );

/** Two clouds of normal features that overlap, the second with a twentieth of the examples. */
function unequal(seed: number): Dataset {
  const [count, rare, width] = [1000, 50, 4];
  const x = normal(seed, 7, count * width).map((v, i) =>
    Math.floor(i / width) < rare && i % width === 0 ? v + 0.7 : v,
  );
  const y = Int32Array.from({ length: count }, (_, i) => (i < rare ? 1 : 0));
  return new Dataset({
    name: "unequal",
    x: new HostTensor([count, width], "f32", x),
    y: new HostTensor([count], "i32", y),
    task: "classification",
    featureNames: ["a", "b", "c", "d"],
    classes: ["usual", "rare"],
  });
}

/** Every training label moved on to the next class. */
const movedOn = (splits: Splits): Splits => {
  const { y, classes } = splits.train;
  const next = Int32Array.from(y.data, (c) => (c + 1) % (classes?.length ?? 1));
  return new Splits({ ...splits, train: splits.train.with({ y: new HostTensor(y.shape, "i32", next) }) });
};

const sick: readonly Net[] = [
  {
    name: "softmax before cross entropy, digits",
    cause: ["output-activation"],
    quick: true,
    make: ({ digits }, seed) => ({
      experiment: classes(
        std(digits, seed),
        nn.sequential(nn.linear(64), nn.relu(), nn.linear(10), nn.softmax()),
        optim.sgd({ lr: 0.1 }),
        { seed },
      ),
      fit: { epochs: 8 },
    }),
  },
  {
    name: "relu at the end of a regression",
    cause: ["output-activation"],
    make: ({ diabetes }, seed) => ({
      experiment: values(
        unitTargets(std(diabetes, seed)),
        nn.sequential(nn.linear(32), nn.relu(), nn.linear(1), nn.relu()),
        optim.adam({ lr: 1e-2 }),
        { seed },
      ),
      fit: { epochs: 20 },
    }),
  },
  {
    name: "weight decay 1, wine, sgd",
    cause: ["over-regularized"],
    quick: true,
    make: ({ wine }, seed) => ({
      experiment: classes(std(wine, seed), mlp([32], 3), optim.sgd({ lr: 0.1, weightDecay: 1 }), { seed }),
      fit: { epochs: 30 },
    }),
  },
  {
    name: "dropout of 0.95, digits",
    cause: ["over-regularized"],
    make: ({ digits }, seed) => ({
      experiment: classes(
        std(digits, seed),
        nn.sequential(nn.linear(64), nn.relu(), nn.dropout(0.95), nn.linear(10)),
        optim.adam({ lr: 1e-3 }),
        { seed },
      ),
      fit: { epochs: 12 },
    }),
  },
  {
    name: "diabetes, targets as they are, adam 1e-3",
    cause: ["target-scale"],
    quick: true,
    make: ({ diabetes }, seed) => ({
      experiment: values(std(diabetes, seed), mlp([32], 1), optim.adam({ lr: 1e-3 }), { seed }),
      fit: { epochs: 20 },
    }),
  },
  {
    name: "diabetes, targets 1000 off, sgd",
    cause: ["target-scale"],
    make: ({ diabetes }, seed) => {
      const far = diabetes.with({
        y: new HostTensor(
          diabetes.y.shape,
          "f32",
          Float32Array.from(diabetes.y.data, (v) => v + 1000),
        ),
      });
      return {
        experiment: values(std(far, seed), mlp([32], 1), optim.sgd({ lr: 0.02 }), { seed }),
        fit: { epochs: 20 },
      };
    },
  },
  {
    name: "eight relu layers, targets as they are, sgd 0.3",
    cause: ["target-scale"],
    make: ({ diabetes }, seed) => ({
      experiment: values(
        std(diabetes, seed),
        mlp(new Array(8).fill(32), 1, nn.relu, { weight: init.kaimingNormal() }),
        optim.sgd({ lr: 0.3 }),
        { seed },
      ),
      fit: { epochs: 10 },
    }),
  },
  {
    name: "momentum 0.999, digits",
    cause: ["rate-too-high"],
    make: ({ digits }, seed) => ({
      experiment: classes(std(digits, seed), mlp([64], 10), optim.sgd({ lr: 0.1, momentum: 0.999 }), { seed }),
      fit: { epochs: 8 },
    }),
  },
  {
    name: "every row three times, wine",
    cause: ["leakage"],
    quick: true,
    make: ({ wine }, seed) => ({
      experiment: classes(
        std(wine.rows(Array.from({ length: 3 * wine.size }, (_, i) => i % wine.size)), seed),
        mlp([32], 3),
        optim.adam({ lr: 3e-3 }),
        { seed },
      ),
      fit: { epochs: 15 },
    }),
  },
  {
    name: "training labels moved on by a class, iris",
    cause: ["different-parts"],
    quick: true,
    make: ({ iris }, seed) => ({
      experiment: classes(
        movedOn(iris.split({ valid: 0.3, seed }).normalize("standardize")),
        mlp([16], 3),
        optim.adam({ lr: 1e-2 }),
        { seed, batchSize: 16 },
      ),
      fit: { epochs: 15 },
    }),
  },
  {
    name: "a rare class that overlaps",
    cause: ["class-imbalance"],
    quick: true,
    make: (_, seed) => ({
      experiment: classes(
        unequal(seed).split({ valid: 0.3, seed, stratify: true }),
        mlp([8], 2),
        optim.sgd({ lr: 0.05 }),
        { seed },
      ),
      fit: { epochs: 15 },
    }),
  },
  {
    name: "30 sigmoid layers, sgd",
    cause: ["vanishing-gradients"],
    quick: true,
    make: ({ digits }, seed) => ({
      experiment: classes(minmax(digits, seed), mlp(new Array(30).fill(32), 10, nn.sigmoid), optim.sgd({ lr: 0.1 }), {
        seed,
      }),
      fit: { epochs: 5 },
    }),
  },
  {
    name: "30 sigmoid layers, adam, iris",
    cause: ["vanishing-gradients"],
    make: ({ iris }, seed) => ({
      experiment: classes(std(iris, seed), mlp(new Array(30).fill(16), 3, nn.sigmoid), optim.adam({ lr: 1e-3 }), {
        seed,
        batchSize: 16,
      }),
      fit: { epochs: 30 },
    }),
  },
  {
    name: "12 sigmoid layers, adam, wine",
    cause: ["vanishing-gradients"],
    make: ({ wine }, seed) => ({
      experiment: classes(std(wine, seed), mlp(new Array(12).fill(32), 3, nn.sigmoid), optim.adam({ lr: 1e-3 }), {
        seed,
        batchSize: 16,
      }),
      fit: { epochs: 20 },
    }),
  },
  {
    name: "30 relu layers, default weights, sgd",
    cause: ["vanishing-gradients"],
    make: ({ digits }, seed) => ({
      experiment: classes(minmax(digits, seed), mlp(new Array(30).fill(32), 10), optim.sgd({ lr: 0.1 }), { seed }),
      fit: { epochs: 5 },
    }),
  },
  {
    name: "all zero",
    cause: ["symmetric-weights"],
    quick: true,
    make: ({ digits }, seed) => {
      const zero = { weight: init.zeros(), bias: init.zeros() };
      return {
        experiment: classes(
          minmax(digits, seed),
          nn.sequential(nn.linear(64, zero), nn.relu(), nn.linear(64, zero), nn.relu(), nn.linear(10, zero)),
          optim.adam({ lr: 1e-3 }),
          { seed },
        ),
        fit: { epochs: 8 },
      };
    },
  },
  {
    name: "all zero, tanh, wine, sgd",
    cause: ["symmetric-weights"],
    make: ({ wine }, seed) => {
      const zero = { weight: init.zeros(), bias: init.zeros() };
      return {
        experiment: classes(
          std(wine, seed),
          nn.sequential(nn.linear(32, zero), nn.tanh(), nn.linear(3, zero)),
          optim.sgd({ lr: 0.1 }),
          { seed, batchSize: 16 },
        ),
        fit: { epochs: 30 },
      };
    },
  },
  {
    name: "all constant, diabetes",
    cause: ["symmetric-weights"],
    make: ({ diabetes }, seed) => {
      const same = { weight: init.constant(0.1) };
      return {
        experiment: values(
          unitTargets(std(diabetes, seed)),
          nn.sequential(nn.linear(32, { ...same, bias: init.zeros() }), nn.relu(), nn.linear(1, same)),
          optim.adam({ lr: 1e-3 }),
          { seed },
        ),
        fit: { epochs: 30 },
      };
    },
  },
  {
    name: "all zero, raw breast cancer",
    cause: ["symmetric-weights"],
    make: ({ breast_cancer }, seed) => {
      const zero = { weight: init.zeros(), bias: init.zeros() };
      return {
        experiment: classes(
          parts(breast_cancer, seed),
          nn.sequential(nn.linear(32, zero), nn.relu(), nn.linear(2, zero)),
          optim.sgd({ lr: 0.01 }),
          { seed },
        ),
        fit: { epochs: 10 },
      };
    },
  },
  {
    name: "rate 100 x too high, adam 0.1, digits",
    cause: ["rate-too-high"],
    make: ({ digits }, seed) => ({
      experiment: classes(minmax(digits, seed), mlp([128, 64], 10), optim.adam({ lr: 0.1 }), { seed }),
      fit: { epochs: 15 },
    }),
  },
  {
    name: "rate 100 x too high, sgd 10, digits",
    cause: ["rate-too-high"],
    quick: true,
    make: ({ digits }, seed) => ({
      experiment: classes(minmax(digits, seed), mlp([64], 10), optim.sgd({ lr: 10 }), { seed }),
      fit: { epochs: 10 },
    }),
  },
  {
    name: "rate 100 x too high, adamw 0.3, wine",
    cause: ["rate-too-high"],
    make: ({ wine }, seed) => ({
      experiment: classes(std(wine, seed), mlp([64, 64], 3), optim.adamw({ lr: 0.3 }), { seed, batchSize: 16 }),
      fit: { epochs: 30 },
    }),
  },
  {
    name: "rate 100 x too high, sgd 5, diabetes",
    cause: ["rate-too-high"],
    make: ({ diabetes }, seed) => ({
      experiment: values(unitTargets(std(diabetes, seed)), mlp([32], 1), optim.sgd({ lr: 5 }), { seed }),
      fit: { epochs: 20 },
    }),
  },
  {
    name: "rate 100 x too high, sgd momentum 5, iris",
    cause: ["rate-too-high"],
    make: ({ iris }, seed) => ({
      experiment: classes(std(iris, seed), mlp([16, 16], 3), optim.sgd({ lr: 5, momentum: 0.9 }), {
        seed,
        batchSize: 16,
      }),
      fit: { epochs: 40 },
    }),
  },
  {
    name: "rate 100 x too high, linear regression",
    cause: ["rate-too-high"],
    make: ({ diabetes }, seed) => ({
      experiment: values(std(diabetes, seed), nn.linear(1), optim.sgd({ lr: 10 }), { seed }),
      fit: { epochs: 20 },
    }),
  },
  {
    name: "rate 100 x too high, convnet adam 0.3",
    cause: ["rate-too-high"],
    make: ({ digits }, seed) => ({
      experiment: classes(minmax(digits, seed).reshape([1, 8, 8]), conv(), optim.adam({ lr: 0.3 }), { seed }),
      fit: { epochs: 6 },
    }),
  },
  {
    name: "relu with bias -10",
    cause: ["dead-relu"],
    quick: true,
    make: ({ digits }, seed) => ({
      experiment: classes(
        minmax(digits, seed),
        mlp([64, 32], 10, nn.relu, { bias: init.constant(-10) }),
        optim.adam({ lr: 1e-3 }),
        { seed },
      ),
      fit: { epochs: 8 },
    }),
  },
  {
    name: "relu with bias -10 in one layer of three, wine",
    cause: ["dead-relu"],
    make: ({ wine }, seed) => ({
      experiment: classes(
        std(wine, seed),
        nn.sequential(
          nn.linear(32),
          nn.relu(),
          nn.linear(32, { bias: init.constant(-10) }),
          nn.relu(),
          nn.linear(32),
          nn.relu(),
          nn.linear(3),
        ),
        optim.sgd({ lr: 0.1 }),
        { seed, batchSize: 16 },
      ),
      fit: { epochs: 30 },
    }),
  },
  {
    name: "relu with bias -10, diabetes",
    cause: ["dead-relu"],
    make: ({ diabetes }, seed) => ({
      experiment: values(
        unitTargets(std(diabetes, seed)),
        mlp([32, 16], 1, nn.relu, { bias: init.constant(-10) }),
        optim.adam({ lr: 1e-2 }),
        { seed },
      ),
      fit: { epochs: 30 },
    }),
  },
  {
    name: "relu with bias -10, convnet",
    cause: ["dead-relu"],
    make: ({ digits }, seed) => ({
      experiment: classes(
        minmax(digits, seed).reshape([1, 8, 8]),
        nn.sequential(
          nn.conv2d(8, { kernelSize: 3, bias: init.constant(-10) }),
          nn.relu(),
          nn.flatten(),
          nn.linear(10),
        ),
        optim.adam({ lr: 1e-3 }),
        { seed },
      ),
      fit: { epochs: 4 },
    }),
  },
  {
    name: "raw wine, sgd",
    cause: ["input-scale"],
    quick: true,
    make: ({ wine }, seed) => ({
      experiment: classes(parts(wine, seed), mlp([32], 3), optim.sgd({ lr: 0.05 }), { seed, batchSize: 16 }),
      fit: { epochs: 40 },
    }),
  },
  {
    name: "raw breast cancer, adam",
    cause: ["input-scale"],
    make: ({ breast_cancer }, seed) => ({
      experiment: classes(parts(breast_cancer, seed), mlp([32, 16], 2), optim.adam({ lr: 1e-3 }), { seed }),
      fit: { epochs: 20 },
    }),
  },
  {
    name: "raw breast cancer, logistic, sgd",
    cause: ["input-scale"],
    make: ({ breast_cancer }, seed) => ({
      experiment: classes(parts(breast_cancer, seed), nn.linear(2), optim.sgd({ lr: 0.1 }), { seed }),
      fit: { epochs: 30 },
    }),
  },
  {
    name: "digits times 1000, sgd",
    cause: ["input-scale"],
    make: ({ digits }, seed) => ({
      experiment: classes(scaled(parts(digits, seed), 1000), mlp([64], 10), optim.sgd({ lr: 0.1 }), { seed }),
      fit: { epochs: 10 },
    }),
  },
  {
    name: "raw diabetes, sgd",
    cause: ["input-scale"],
    make: ({ diabetes }, seed) => ({
      experiment: values(unitTargets(parts(diabetes, seed)), mlp([32], 1), optim.sgd({ lr: 0.01 }), { seed }),
      fit: { epochs: 30 },
    }),
  },
  {
    name: "raw wine, tanh, momentum",
    cause: ["input-scale"],
    make: ({ wine }, seed) => ({
      experiment: classes(parts(wine, seed), mlp([32, 32], 3, nn.tanh), optim.sgd({ lr: 0.01, momentum: 0.9 }), {
        seed,
        batchSize: 16,
      }),
      fit: { epochs: 60 },
    }),
  },
  {
    name: "20 % random labels, digits",
    cause: ["label-noise"],
    make: ({ digits }, seed) => ({
      experiment: classes(noisy(minmax(digits, seed), 0.2, seed), mlp([128], 10), optim.adam({ lr: 1e-3 }), { seed }),
      fit: { epochs: 30 },
    }),
  },
  {
    name: "40 % random labels, digits",
    cause: ["label-noise"],
    quick: true,
    make: ({ digits }, seed) => ({
      experiment: classes(noisy(minmax(digits, seed), 0.4, seed), mlp([64], 10), optim.adam({ lr: 1e-3 }), { seed }),
      fit: { epochs: 10 },
    }),
  },
  {
    name: "30 % random labels, breast cancer",
    cause: ["label-noise"],
    make: ({ breast_cancer }, seed) => ({
      experiment: classes(noisy(std(breast_cancer, seed), 0.3, seed), mlp([32], 2), optim.adam({ lr: 1e-3 }), { seed }),
      fit: { epochs: 60 },
    }),
  },
  {
    name: "40 % random labels, wine",
    cause: ["label-noise"],
    make: ({ wine }, seed) => ({
      experiment: classes(noisy(std(wine, seed), 0.4, seed), mlp([32], 3), optim.adam({ lr: 1e-2 }), {
        seed,
        batchSize: 16,
      }),
      fit: { epochs: 60 },
    }),
  },
  {
    name: "a feature is the label, breast cancer",
    cause: ["leakage"],
    quick: true,
    make: ({ breast_cancer }, seed) => ({
      experiment: classes(
        std(
          leaked(breast_cancer, (y) => y),
          seed,
        ),
        mlp([16], 2),
        optim.adam({ lr: 1e-2 }),
        { seed },
      ),
      fit: { epochs: 10 },
    }),
  },
  {
    name: "a feature is the label, digits",
    cause: ["leakage"],
    make: ({ digits }, seed) => ({
      experiment: classes(
        minmax(
          leaked(digits, (y) => y),
          seed,
        ),
        mlp([64], 10),
        optim.adam({ lr: 1e-3 }),
        { seed },
      ),
      fit: { epochs: 10 },
    }),
  },
  {
    name: "a feature marks a class, wine",
    cause: ["leakage"],
    make: ({ wine }, seed) => ({
      experiment: classes(
        std(
          leaked(wine, (y) => Number(y === 1)),
          seed,
        ),
        mlp([16], 3),
        optim.adam({ lr: 1e-2 }),
        { seed, batchSize: 16 },
      ),
      fit: { epochs: 30 },
    }),
  },
  {
    name: "a feature is the target, diabetes",
    cause: ["leakage"],
    make: ({ diabetes }, seed) => ({
      experiment: values(
        unitTargets(
          std(
            leaked(diabetes, (y) => y),
            seed,
          ),
        ),
        mlp([32], 1),
        optim.adam({ lr: 1e-2 }),
        { seed },
      ),
      fit: { epochs: 40 },
    }),
  },
  {
    name: "validation rows in training, digits",
    cause: ["leakage"],
    make: ({ digits }, seed) => {
      const { train, valid, test } = minmax(digits, seed);
      const both = new Dataset({
        ...train,
        x: new HostTensor(
          [train.size + 200, 64],
          "f32",
          Float32Array.from([...train.x.data, ...(valid as Dataset).x.data.subarray(0, 200 * 64)]),
        ),
        y: new HostTensor(
          [train.size + 200],
          "i32",
          Int32Array.from([...train.y.data, ...(valid as Dataset).y.data.subarray(0, 200)]),
        ),
      });
      return {
        experiment: classes(new Splits({ train: both, valid, test }), mlp([64], 10), optim.adam({ lr: 1e-3 }), {
          seed,
        }),
        fit: { epochs: 10 },
      };
    },
  },
  {
    name: "batches of 2 with batch norm, digits",
    cause: ["tiny-batch-norm"],
    make: ({ digits }, seed) => ({
      experiment: classes(
        few(minmax(digits, seed), 600),
        nn.sequential(
          nn.linear(64),
          nn.batchNorm(),
          nn.relu(),
          nn.linear(64),
          nn.batchNorm(),
          nn.relu(),
          nn.linear(10),
        ),
        optim.adam({ lr: 1e-3 }),
        { seed, batchSize: 2 },
      ),
      fit: { epochs: 4 },
    }),
  },
  {
    name: "batches of 2 with batch norm, iris",
    cause: ["tiny-batch-norm"],
    quick: true,
    make: ({ iris }, seed) => ({
      experiment: classes(
        std(iris, seed),
        nn.sequential(nn.linear(16), nn.batchNorm(), nn.relu(), nn.linear(3)),
        optim.sgd({ lr: 0.1 }),
        { seed, batchSize: 2, dropLast: true },
      ),
      fit: { epochs: 20 },
    }),
  },
  {
    name: "60 digits, a large net",
    cause: ["overfitting"],
    quick: true,
    make: ({ digits }, seed) => ({
      experiment: classes(few(std(digits, seed), 60), mlp([256, 256], 10), optim.adam({ lr: 1e-3 }), { seed }),
      fit: { epochs: 100 },
    }),
  },
  {
    name: "diabetes, a large net",
    cause: ["overfitting"],
    make: ({ diabetes }, seed) => ({
      experiment: values(unitTargets(std(diabetes, seed)), mlp([256, 256], 1), optim.adam({ lr: 1e-3 }), { seed }),
      fit: { epochs: 200 },
    }),
  },
  {
    name: "rate too low, sgd 1e-5",
    cause: ["rate-too-low"],
    quick: true,
    make: ({ digits }, seed) => ({
      experiment: classes(minmax(digits, seed), mlp([64], 10), optim.sgd({ lr: 1e-5 }), { seed }),
      fit: { epochs: 10 },
    }),
  },
  {
    name: "rate too low, adam 1e-6, breast cancer",
    cause: ["rate-too-low"],
    make: ({ breast_cancer }, seed) => ({
      experiment: classes(std(breast_cancer, seed), mlp([32], 2), optim.adam({ lr: 1e-6 }), { seed }),
      fit: { epochs: 30 },
    }),
  },
  {
    name: "rate too low, wine sgd 1e-4",
    cause: ["rate-too-low"],
    make: ({ wine }, seed) => ({
      experiment: classes(std(wine, seed), mlp([32], 3), optim.sgd({ lr: 1e-4 }), { seed, batchSize: 16 }),
      fit: { epochs: 20 },
    }),
  },
  {
    name: "clipped to 0.01, sgd",
    cause: ["clipped-too-often"],
    quick: true,
    make: ({ digits }, seed) => ({
      experiment: classes(minmax(digits, seed), mlp([64], 10), optim.sgd({ lr: 0.1 }), { seed, clip: { norm: 0.01 } }),
      fit: { epochs: 10 },
    }),
  },
  {
    name: "clipped to 0.05, adam, wine",
    cause: ["clipped-too-often"],
    make: ({ wine }, seed) => ({
      experiment: classes(std(wine, seed), mlp([32], 3), optim.adam({ lr: 1e-3 }), {
        seed,
        batchSize: 16,
        clip: { norm: 0.05 },
      }),
      fit: { epochs: 15 },
    }),
  },
  {
    name: "tanh saturated by large weights",
    cause: ["saturated-units"],
    quick: true,
    make: ({ digits }, seed) => ({
      experiment: classes(
        std(digits, seed),
        mlp([64, 64, 64], 10, nn.tanh, { weight: init.normal({ std: 2 }) }),
        optim.sgd({ lr: 0.1 }),
        { seed },
      ),
      fit: { epochs: 10 },
    }),
  },
  {
    name: "sigmoid saturated by large weights, wine",
    cause: ["saturated-units"],
    make: ({ wine }, seed) => ({
      experiment: classes(
        std(wine, seed),
        mlp([64, 64], 3, nn.sigmoid, { weight: init.normal({ std: 5 }) }),
        optim.adam({ lr: 1e-3 }),
        { seed, batchSize: 16 },
      ),
      fit: { epochs: 20 },
    }),
  },
  {
    name: "relu with weights of deviation 1, 8 layers",
    cause: ["exploding-gradients"],
    quick: true,
    make: ({ digits }, seed) => ({
      experiment: classes(
        minmax(digits, seed),
        mlp(new Array(8).fill(64), 10, nn.relu, { weight: init.normal({ std: 1 }) }),
        optim.sgd({ lr: 0.01 }),
        { seed },
      ),
      fit: { epochs: 4 },
    }),
  },
  {
    name: "sorted, not shuffled",
    cause: ["unshuffled-labels"],
    quick: true,
    make: ({ digits }, seed) => {
      const { train, valid } = minmax(digits, seed);
      const order = Array.from({ length: train.size }, (_, i) => i).sort(
        (a, b) => (train.y.data[a] as number) - (train.y.data[b] as number),
      );
      return {
        experiment: classes(new Splits({ train: train.rows(order), valid }), mlp([64], 10), optim.adam({ lr: 1e-3 }), {
          seed,
          shuffle: false,
        }),
        fit: { epochs: 10 },
      };
    },
  },
  {
    name: "last layer drawn 30 x too large",
    cause: ["bad-initial-loss"],
    make: ({ digits }, seed) => ({
      experiment: classes(
        minmax(digits, seed),
        nn.sequential(nn.linear(64), nn.relu(), nn.linear(10, { weight: init.normal({ std: 5 }) })),
        optim.adam({ lr: 1e-3 }),
        { seed },
      ),
      fit: { epochs: 10 },
    }),
  },
  {
    name: "two hidden units, digits",
    cause: ["underfitting"],
    make: ({ digits }, seed) => ({
      experiment: classes(minmax(digits, seed), mlp([2], 10), optim.adam({ lr: 1e-2 }), { seed }),
      fit: { epochs: 20 },
    }),
  },
];

const bn = () => [nn.batchNorm(), nn.relu()];

const sound: readonly Net[] = [
  {
    name: "a sigmoid for targets between 0 and 1",
    cause: null,
    quick: true,
    make: ({ diabetes }, seed) => {
      const y = Float32Array.from(diabetes.y.data, (v) => v / 400);
      const set = diabetes.with({ y: new HostTensor(diabetes.y.shape, "f32", y) });
      return {
        experiment: values(
          std(set, seed),
          nn.sequential(nn.linear(16), nn.relu(), nn.linear(1), nn.sigmoid()),
          optim.adam({ lr: 1e-2 }),
          { seed },
        ),
        fit: { epochs: 25 },
      };
    },
  },
  {
    name: "whole numbers that come again, two features",
    cause: null,
    quick: true,
    make: (_, seed) => {
      const draw = uniform(seed, 930, 600);
      const x = Float32Array.from({ length: 600 }, (_v, i) => Math.floor(5 * (draw[i] as number)) - 2);
      const y = Int32Array.from({ length: 300 }, (_v, i) => ((x[2 * i] as number) > (x[2 * i + 1] as number) ? 1 : 0));
      const set = data.tensors({ x: new HostTensor([300, 2], "f32", x), y: new HostTensor([300], "i32", y) });
      return {
        experiment: classes(parts(set, seed), mlp([16], 2), optim.adam({ lr: 1e-2 }), { seed }),
        fit: { epochs: 30 },
      };
    },
  },
  {
    name: "the tour",
    cause: null,
    make: ({ digits }, seed) => ({
      experiment: classes(
        digits.split({ valid: 0.1, test: 0.2, seed: 7 }).normalize("minmax"),
        nn.sequential(
          nn.linear(256, { weight: init.kaimingNormal() }),
          ...bn(),
          nn.dropout(0.3),
          nn.linear(128, { weight: init.kaimingNormal() }),
          ...bn(),
          nn.dropout(0.3),
          nn.linear(10),
        ),
        optim.adamw({ lr: 1e-3, weightDecay: 0.01 }),
        { batchSize: 64, seed },
      ),
      fit: { epochs: 60, schedule: schedule.oneCycle({ maxLr: 3e-3 }) },
    }),
  },
  {
    name: "the tour, three epochs",
    cause: null,
    make: ({ digits }, seed) => ({
      experiment: classes(
        minmax(digits, seed),
        nn.sequential(nn.linear(256, { weight: init.kaimingNormal() }), ...bn(), nn.dropout(0.3), nn.linear(10)),
        optim.adamw({ lr: 1e-3 }),
        { batchSize: 64, seed },
      ),
      fit: { epochs: 3 },
    }),
  },
  {
    name: "digits mlp, adam",
    cause: null,
    quick: true,
    make: ({ digits }, seed) => ({
      experiment: classes(minmax(digits, seed), mlp([64], 10), optim.adam({ lr: 3e-3 }), { seed }),
      fit: { epochs: 15 },
    }),
  },
  {
    name: "digits mlp, adam, long",
    cause: null,
    make: ({ digits }, seed) => ({
      experiment: classes(minmax(digits, seed), mlp([64], 10), optim.adamw({ lr: 1e-3 }), { seed }),
      fit: { epochs: 80 },
    }),
  },
  {
    name: "digits mlp, sgd",
    cause: null,
    make: ({ digits }, seed) => ({
      experiment: classes(minmax(digits, seed), mlp([64, 32], 10), optim.sgd({ lr: 0.1, momentum: 0.9 }), { seed }),
      fit: { epochs: 15 },
    }),
  },
  {
    name: "raw digits, adam",
    cause: null,
    make: ({ digits }, seed) => ({
      experiment: classes(parts(digits, seed), mlp([64], 10), optim.adam({ lr: 1e-3 }), { seed }),
      fit: { epochs: 20 },
    }),
  },
  {
    name: "convnet",
    cause: null,
    make: ({ digits }, seed) => ({
      experiment: classes(minmax(digits, seed).reshape([1, 8, 8]), conv([nn.batchNorm()]), optim.adamw({ lr: 3e-3 }), {
        seed,
        batchSize: 64,
      }),
      fit: { epochs: 8 },
    }),
  },
  {
    name: "convnet without normalization",
    cause: null,
    make: ({ digits }, seed) => ({
      experiment: classes(minmax(digits, seed).reshape([1, 8, 8]), conv(), optim.adam({ lr: 1e-3 }), { seed }),
      fit: { epochs: 12 },
    }),
  },
  {
    name: "iris mlp",
    cause: null,
    quick: true,
    make: ({ iris }, seed) => ({
      experiment: classes(std(iris, seed), mlp([16], 3), optim.adam({ lr: 1e-2 }), { seed, batchSize: 16 }),
      fit: { epochs: 30 },
    }),
  },
  {
    name: "iris mlp, long",
    cause: null,
    make: ({ iris }, seed) => ({
      experiment: classes(std(iris, seed), mlp([16], 3, nn.tanh), optim.sgd({ lr: 0.1 }), { seed, batchSize: 16 }),
      fit: { epochs: 150 },
    }),
  },
  {
    name: "raw iris, adam",
    cause: null,
    make: ({ iris }, seed) => ({
      experiment: classes(parts(iris, seed), mlp([16], 3), optim.adam({ lr: 1e-2 }), { seed, batchSize: 16 }),
      fit: { epochs: 60 },
    }),
  },
  {
    name: "wine mlp",
    cause: null,
    quick: true,
    make: ({ wine }, seed) => ({
      experiment: classes(std(wine, seed), mlp([32], 3), optim.adam({ lr: 3e-3 }), { seed, batchSize: 16 }),
      fit: { epochs: 30 },
    }),
  },
  {
    name: "wine mlp with batch norm and clipping",
    cause: null,
    make: ({ wine }, seed) => ({
      experiment: classes(
        std(wine, seed),
        nn.sequential(nn.linear(32), ...bn(), nn.linear(3)),
        optim.sgd({ lr: 0.05, momentum: 0.9 }),
        { seed, batchSize: 16, dropLast: true, clip: { norm: 1 } },
      ),
      fit: { epochs: 20 },
    }),
  },
  {
    name: "breast cancer, logistic regression",
    cause: null,
    quick: true,
    make: ({ breast_cancer }, seed) => ({
      experiment: classes(std(breast_cancer, seed), nn.linear(2), optim.sgd({ lr: 0.1 }), { seed }),
      fit: { epochs: 30 },
    }),
  },
  {
    name: "breast cancer, zeros, logistic regression",
    cause: null,
    make: ({ breast_cancer }, seed) => ({
      experiment: classes(
        std(breast_cancer, seed),
        nn.linear(2, { weight: init.zeros(), bias: init.zeros() }),
        optim.adam({ lr: 1e-2 }),
        { seed },
      ),
      fit: { epochs: 20 },
    }),
  },
  {
    name: "breast cancer mlp, early stopping",
    cause: null,
    make: ({ breast_cancer }, seed) => ({
      experiment: classes(std(breast_cancer, seed), mlp([32, 16], 2), optim.adam({ lr: 1e-3 }), { seed }),
      fit: { epochs: 100, earlyStopping: { patience: 8 } },
    }),
  },
  {
    name: "diabetes, linear",
    cause: null,
    make: ({ diabetes }, seed) => ({
      experiment: values(unitTargets(std(diabetes, seed)), nn.linear(1), optim.sgd({ lr: 0.01 }), { seed }),
      fit: { epochs: 60 },
    }),
  },
  {
    name: "diabetes mlp, targets as they are",
    cause: null,
    make: ({ diabetes }, seed) => ({
      experiment: values(std(diabetes, seed), mlp([32], 1), optim.adam({ lr: 0.03 }), {
        seed,
        metrics: [metrics.mae()],
      }),
      fit: { epochs: 60 },
    }),
  },
  {
    name: "diabetes mlp, unit targets",
    cause: null,
    quick: true,
    make: ({ diabetes }, seed) => ({
      experiment: values(unitTargets(std(diabetes, seed)), mlp([16], 1), optim.adamw({ lr: 3e-3, weightDecay: 0.1 }), {
        seed,
      }),
      fit: { epochs: 40 },
    }),
  },
  {
    name: "eight layers, He weights, batch norm",
    cause: null,
    make: ({ digits }, seed) => ({
      experiment: classes(
        minmax(digits, seed),
        nn.sequential(
          ...Array.from({ length: 8 }, () => [nn.linear(64, { weight: init.kaimingNormal() }), ...bn()]).flat(),
          nn.linear(10),
        ),
        optim.adam({ lr: 1e-3 }),
        { seed, batchSize: 64 },
      ),
      fit: { epochs: 10 },
    }),
  },
];

export const nets: readonly Net[] = [...sick, ...sound];
