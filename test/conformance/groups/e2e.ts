import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inContext, type RunContext } from "../../../engine/context/index.ts";
import { type Dataset, Splits, data as sources } from "../../../engine/data/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { metrics } from "../../../engine/metrics/index.ts";
import { nn, traceModel } from "../../../engine/nn/index.ts";
import * as ops from "../../../engine/ops/index.ts";
import { input, type Tensor } from "../../../engine/ops/index.ts";
import { runGraph } from "../../../engine/plan/index.ts";
import { Experiment, type Run } from "../../../engine/session/index.ts";
import { encodeSafetensors } from "../../../engine/session/safetensors.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import { type Case, type Config, type Numbers, Unsupported } from "../case.ts";
import type { Given } from "../compare.ts";
import type { Bench, Runner } from "../run.ts";
import { type Call, parseCall, torchLayer, torchOptimizer, torchSchedule } from "../torch.ts";

/** What a config says besides the optimizer's arguments. */
const ABOUT = [
  "dataset",
  "scale",
  "batch_size",
  "batches",
  "batch",
  "loss",
  "model",
  "optimizer",
  "steps",
  "layers",
  "architecture",
  "input_shape",
  "params",
  "stats_steps",
  "stats_columns",
  "note",
  "target",
  "test",
  "clip_grad_norm",
  "clip_grad_value",
  "scheduler",
  "accumulate",
  "accumulation_steps",
];

/**
 * Training by `experiment` and `fit`, from the recorded parameters (read as a checkpoint) and in the recorded order of
 * batches. Statistics of step s are those of a forward and backward pass with the weights that `fit({ steps: s - 1 })` leaves.
 */
export const e2e: Runner = async (c, bench) => {
  const folder = mkdtempSync(join(tmpdir(), "dlnb-conformance-"));
  try {
    return await inContext(contextOf(bench), () => train(c, bench, join(folder, "initial.safetensors")));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

async function train(c: Case, bench: Bench, checkpoint: string): Promise<Given> {
  const { config } = c;
  if (config.loss !== "mse" && config.loss !== "cross_entropy") throw new Unsupported(`loss ${config.loss}`);
  const sets = await datasets(c, bench);
  const batchSize = Math.min(config.batch_size ?? sets.train.size, sets.train.size);
  const accumulate = accumulated(config);
  const layers = (config.layers as string[]).map((name) => [name, torchLayer(parseCall(config.architecture[name]))]);
  const experiment = new Experiment({
    data: new Splits({ train: sets.train, test: sets.test }),
    model: nn.sequential(Object.fromEntries(layers)),
    loss: config.loss === "mse" ? loss.mse() : loss.crossEntropy(),
    metrics: config.loss === "mse" ? [] : [metrics.accuracy()],
    optimizer: torchOptimizer(config.optimizer, config, ABOUT),
    batchSize: batchSize / accumulate,
    accumulate,
    shuffle: false,
    dropLast: true,
    clip: { ...given("norm", config.clip_grad_norm), ...given("value", config.clip_grad_value) },
  });
  const { declaration } = experiment.config.model;
  const tensors = new Map<string, HostTensor>();
  for (const { name, shape } of declaration.parameters) {
    tensors.set(name, new HostTensor(shape, "f32", Float32Array.from((c.inputs[`param.${name}`] as Numbers).data)));
  }
  for (const { name, shape, value, dtype } of declaration.buffers) {
    const stored = c.inputs[`buffer.${name}`]?.data ?? new Array(shape.reduce((a, b) => a * b, 1)).fill(value);
    tensors.set(
      name,
      new HostTensor(shape, dtype, dtype === "f32" ? Float32Array.from(stored) : Int32Array.from(stored)),
    );
  }
  writeFileSync(checkpoint, encodeSafetensors({ tensors, metadata: {} }));

  const schedule = config.scheduler === undefined ? null : torchSchedule(withLength(config));
  const trainFor = (steps: number): Promise<Run> => experiment.fit({ steps, schedule, resume: checkpoint });
  const steps = config.steps as number;
  const losses: number[] = [];
  const norms: number[] = [];
  experiment.onSteps = (rows) => {
    losses.push(...rows.loss);
    norms.push(...rows.gradientNorm);
  };
  const run = await trainFor(steps);
  experiment.onSteps = undefined;

  const stats: number[] = [];
  const gradNorms: number[] = [];
  for (const step of config.stats_steps as number[]) {
    const weights = step === 1 ? Object.fromEntries(tensors) : (await trainFor(step - 1)).stateDict();
    const found = await statistics(experiment, weights, batchAt(sets.train, batchSize, step - 1), config.layers, bench);
    stats.push(...found.layers);
    gradNorms.push(...found.gradients);
  }

  const parameters = config.params as string[];
  const state = run.stateDict();
  const norm2 = (values: ArrayLike<number>) => Math.sqrt(Array.from(values).reduce((a, x) => a + x * x, 0));
  const count = async (set: Dataset) => Math.round(((await run.evaluate(set)).accuracy ?? Number.NaN) * set.size);
  const buffers = Object.entries(state).map(([name, { data }]) => [`final.${name}`, data] as const);
  return {
    loss: losses,
    lr: run.history.lr,
    grad_norm_before_clip: norms,
    layer_stats: stats,
    grad_norms: reordered(
      gradNorms,
      declaration.parameters.map((p) => p.name),
      parameters,
    ),
    final_param_norms: parameters.map((name) => norm2((state[name] as HostTensor).data)),
    test_logits_first8: (await run.predict(sets.test.rows([0, 1, 2, 3, 4, 5, 6, 7]))).data,
    test_loss: [(await run.evaluate(sets.test)).loss as number],
    test_correct: [await count(sets.test)],
    train_correct: [await count(sets.whole)],
    ...Object.fromEntries(buffers),
  };
}

/** Of how many batches a step's gradients come, as the case says in numbers or in words. */
function accumulated({ accumulate, accumulation_steps: steps = accumulate, note }: Config): number {
  const [, batches] = /accumulating (\d+) micro-batches/.exec(note ?? "") ?? [];
  return Number(steps ?? batches ?? 1);
}

/** The scheduler, told the length of the run: shorter ones, for statistics, follow the same rates. */
function withLength({ scheduler, steps }: Config): Call {
  const call = parseCall(scheduler);
  return call.name === "OneCycleLR" ? { ...call, named: { total_steps: steps, ...call.named } } : call;
}

/** Groups of one number per parameter, from our order in the case's. */
function reordered(values: readonly number[], from: readonly string[], to: readonly string[]): number[] {
  const groups = values.length / from.length;
  return Array.from({ length: groups }, (_, g) =>
    to.map((name) => values[g * from.length + from.indexOf(name)] as number),
  ).flat();
}

/** Mean, deviation and fraction of zeros of every layer's output on a batch, and the norm of every parameter's gradient. */
async function statistics(
  { config }: Experiment,
  weights: Readonly<Record<string, HostTensor>>,
  batch: Dataset,
  layers: readonly string[],
  { backend }: Bench,
): Promise<{ layers: number[]; gradients: number[] }> {
  const tensors = (declared: readonly { name: string }[]): Record<string, Tensor> =>
    Object.fromEntries(
      declared.map(({ name }) => [
        name,
        input(name, (weights[name] as HostTensor).shape, (weights[name] as HostTensor).dtype),
      ]),
    );
  const parameters = tensors(config.model.declaration.parameters);
  const zero = ops.constant(0, [], "u32");
  const traced = traceModel(config.model.layer, input("x", batch.x.shape, batch.x.dtype), {
    parameters,
    buffers: tensors(config.model.declaration.buffers),
    training: true,
    seed: zero,
    step: zero,
  });
  const target = input("y", batch.y.shape, batch.y.dtype);
  const value = config.loss.definition.compute({ output: traced.output, target }, config.loss.options);
  const norms = ops.gradients(value, Object.values(parameters)).map((g) => ops.sqrt(ops.sum(ops.square(g))));
  const moments = layers.flatMap((name) => {
    const y = traced.activations[name] as Tensor;
    return [
      ops.mean(y),
      ops.sqrt(ops.variance(y, undefined, { correction: 0 })),
      ops.mean(ops.cast(ops.equal(y, 0), "f32")),
    ];
  });
  const known = new Set(ops.topological([...moments, ...norms]).map((node) => node.attrs.name));
  const values = Object.entries({ ...weights, x: batch.x, y: batch.y }).filter(([name]) => known.has(name));
  const results = await runGraph(
    backend,
    [...moments, ...norms],
    Object.fromEntries(values.map(([name, t]) => [name, t.data])),
  );
  const numbers = results.map((r) => r[0] as number);
  return { layers: numbers.slice(0, moments.length), gradients: numbers.slice(moments.length) };
}

/** Batch t of `size` rows, round and round over the whole batches of a set. */
function batchAt(set: Dataset, size: number, t: number): Dataset {
  const first = (t % Math.floor(set.size / size)) * size;
  return set.rows(Array.from({ length: size }, (_, i) => first + i));
}

/** The data as the case scales it, in the order in which it is visited; `whole` is what `train` is taken from. */
async function datasets(
  { config }: Case,
  { data: folder }: Bench,
): Promise<{ train: Dataset; test: Dataset; whole: Dataset }> {
  const image = (config.input_shape as (number | string)[]).slice(1).filter((d) => typeof d === "number");
  const shaped = (set: Dataset) => (image.length > 1 ? set.reshape(image) : set);
  const regression = config.loss === "mse";
  let set = await sources.csv(join(folder, `${config.dataset}.csv`), {
    target: "y",
    task: regression ? "regression" : "classification",
  });
  if (config.scale === "x/16") set = set.normalize({ scale: 1 / 16 });
  else if (/population std, all rows/.test(config.scale ?? "")) set = set.normalize("standardize");
  else if (config.scale !== undefined) throw new Unsupported(`scale ${config.scale}`);
  const divisor = /^y\/(\d+)$/.exec(config.target ?? "y/1")?.[1];
  if (divisor === undefined) throw new Unsupported(`target ${config.target}`);
  if (regression)
    set = set.with({
      y: new HostTensor(
        set.y.shape,
        "f32",
        Float32Array.from(set.y.data, (v) => v / Number(divisor)),
      ),
    });
  set = shaped(set);
  if (/^all rows/.test(config.batch ?? "")) return { train: set, test: set, whole: set };
  const order = join(folder, `${config.dataset}_perm.json`);
  if (!existsSync(order)) throw new Unsupported(`the order of ${config.dataset}`);
  const { perm } = JSON.parse(readFileSync(order, "utf8")) as { perm: number[] };
  // the file says so: the first 1437 rows train, the others test
  const [train, test] = [set.rows(perm.slice(0, 1437)), set.rows(perm.slice(1437))];
  if (config.batches !== "constant") return { train, test, whole: train };
  const first = Number(/same first (\d+) training rows/.exec(config.batch ?? "")?.[1]);
  if (!first) throw new Unsupported(`batch ${config.batch}`);
  return { train: train.rows(Array.from({ length: first }, (_, i) => i)), test, whole: train };
}

const given = (key: string, value: unknown) => (value === undefined || value === null ? {} : { [key]: value });

/** A cell's context that keeps nothing and shows nothing. */
export function contextOf({ backend, data }: Bench): RunContext {
  let fresh = 0;
  return {
    cell: "conformance",
    signal: new AbortController().signal,
    emit: () => {},
    log: () => {},
    freshId: (prefix) => `${prefix}-${fresh++}`,
    runFolder: null,
    notebookFolder: data,
    backend: async () => backend,
    shield: (work) => work,
  };
}
