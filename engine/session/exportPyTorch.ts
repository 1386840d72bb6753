import { mkdir, rename, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Average } from "../average/index.ts";
import { currentContext } from "../context/index.ts";
import { FileTensor } from "../data/index.ts";
import { ConfigError } from "../errors/index.ts";
import { axisOfClasses } from "../losses/index.ts";
import { betterOf, nameOf } from "../metrics/index.ts";
import type { Layer } from "../nn/index.ts";
import { evaluateHost, type HostTree, hyperparameters, type ParameterGroup, parameterGroups } from "../optim/index.ts";
import { type Checked, int, optional, required, value } from "../params/index.ts";
import { means } from "../regularize/index.ts";
import { isSchedule, rateAt, type Schedule } from "../schedules/index.ts";
import { HostTensor, viewAs } from "../tensor/index.ts";
import {
  npz,
  python,
  type ScriptParts,
  torchAugmentation,
  torchInitial,
  torchLoss,
  torchMetric,
  torchModel,
  torchOptimizer,
  torchSchedule,
  torchScript,
} from "../torch/index.ts";
import { extentOf } from "./course.ts";
import { EarlyStopping } from "./earlyStopping.ts";
import type { Experiment } from "./experiment.ts";
import type { Layout } from "./layout.ts";
import { initialWeights } from "./model.ts";

/** Options of `exp.exportPyTorch(path, { ... })`: those of the `fit` that the script makes. */
export const exportPyTorchParams = {
  epochs: optional(int(required, "[1, inf)", "Passes over the training data; 10 when not given.")),
  schedule: value<Schedule | null>(
    null,
    {
      type: "Schedule",
      noun: "a schedule, as schedule.cosine()",
      accepts: (given) => given === null || isSchedule(given),
    },
    "How the learning rate moves.",
  ),
  earlyStopping: value<Readonly<Record<string, unknown>> | null>(
    null,
    { type: "EarlyStopping", noun: "{ patience, ... }", accepts: (given) => typeof given === "object" },
    "Ends training when validation no longer improves, as that of fit.",
  ),
};

/** More than this in numbers is not copied for a script. */
const MOST_BYTES = 2 ** 30;

/**
 * Writes a script that trains the experiment in PyTorch, and beside it its examples and first weights as `name.npz`. Throws ConfigError for
 * what torch has no counterpart of.
 */
export async function exportPyTorch(
  experiment: Experiment,
  full: string,
  fit: Checked<typeof exportPyTorchParams>,
): Promise<void> {
  if (!full.endsWith(".py"))
    throw new ConfigError(`exportPyTorch: ${basename(full)} is no name of a script; end it in .py`);
  const arrays = `${basename(full, ".py")}.npz`;
  const { parts, data } = describe(experiment, arrays, fit);
  const bytes = npz(data);
  await mkdir(dirname(full), { recursive: true });
  await replace(full.replace(/\.py$/, ".npz"), bytes);
  await replace(full, torchScript(parts));
}

async function replace(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, content);
  await rename(temporary, path);
}

function describe(
  experiment: Experiment,
  arrays: string,
  fit: Checked<typeof exportPyTorchParams>,
): { parts: ScriptParts; data: Record<string, HostTensor> } {
  const { config, options, splits } = experiment;
  const { model, loss, optimizer, metrics, clip } = config;
  const { train } = splits;
  const sets = (["train", "valid", "test"] as const).filter((name) => splits[name] !== undefined);
  const data: Record<string, HostTensor> = {};
  for (const name of sets) {
    const { x, y } = splits[name] as NonNullable<(typeof splits)["train"]>;
    if (x instanceof FileTensor || 4 * x.size > MOST_BYTES)
      throw new ConfigError(
        "exportPyTorch: the examples are too many to be copied beside a script; export a part of them",
      );
    data[`x_${name}`] = new HostTensor(x.shape, x.dtype, x.data);
    data[`y_${name}`] = y;
  }
  const weights = initialWeights(model, options.seed);
  const named = (layout: Layout, words: Float32Array | Uint32Array) => {
    for (const { name, shape, dtype, offset, size } of layout.slices)
      data[`init.${name}`] = new HostTensor(shape, dtype, viewAs(dtype, words.subarray(offset, offset + size)).slice());
  };
  named(model.parameters, weights.parameters);
  named(model.running, weights.running);

  const tables: string[] = [];
  const table = (host: HostTensor): string => {
    const known = tables.findIndex((name) => data[name] === host);
    if (known >= 0) return `table_${known + 1}`;
    const name = `table.${tables.length + 1}`;
    tables.push(name);
    data[name] = host;
    return `table_${tables.length}`;
  };
  const shape = train.x.shape.slice(1);
  const augmentation = torchAugmentation(
    options.augment,
    {
      shape,
      target: train.y.shape.slice(1),
      targetType: train.y.dtype,
      output: model.declaration.outputShape.slice(1),
    },
    table,
  );
  const written = torchModel(options.model, { shape: augmentation.shape, dtype: train.x.dtype, table });

  const output = model.declaration.outputShape;
  const target = [output[0] as number, ...train.y.shape.slice(1)];
  const classes = train.y.dtype !== "f32";
  const axis = classes && target.length === output.length - 1 ? axisIn(experiment, output, target) : null;
  const compared = { output: output.slice(1), target: target.slice(1), dtype: train.y.dtype, axis };
  const lossText = torchLoss(loss, compared, table);
  const mixes = augmentation.mixed !== null;
  const mixedTo = { ...compared, target: classes ? compared.output : compared.target, dtype: "f32" as const };
  const mixedLoss = mixes ? torchLoss(loss, mixedTo, table) : null;
  const measured = metrics.map((metric) => ({ metric, text: torchMetric(metric, compared, loss, table) }));

  const extent = extentOf(
    experiment,
    { ...experiment.fitOptions({ earlyStopping: fit.earlyStopping }, "exportPyTorch"), epochs: fit.epochs },
    train.size,
  );
  const groups = parameterGroups(optimizer, model.declaration.parameters);
  const meant = penaltiesOf(experiment);
  const stopping = fit.earlyStopping ? new EarlyStopping(fit.earlyStopping, metrics) : null;
  return {
    data,
    parts: {
      title: experiment.name,
      version: currentContext().version ?? "",
      arrays,
      model: written,
      ties: tiesOf(options.model),
      initial: torchInitial(model.declaration.parameters),
      tables,
      loss: lossText,
      mixedLoss: mixedLoss && mixedLoss.text !== lossText.text ? mixedLoss : null,
      metrics: measured.flatMap(({ text }) => text ?? []),
      optimizer: torchOptimizer(optimizer, groups),
      grouped: groups.length > 1,
      frozen: groups.filter(({ settings }) => settings.frozen).flatMap(({ names }) => names),
      schedule: fit.schedule === null ? null : scheduleOf(experiment, fit.schedule, extent, groups, data),
      penalty: meant.penalty,
      limits: meant.limits,
      augmentation,
      average: averageOf(options.average),
      stopping: stopping && {
        monitor: stopping.options.monitor,
        higher: stopping.best === -Infinity,
        patience: stopping.options.patience,
        minDelta: stopping.options.minDelta,
        restoreBest: stopping.options.restoreBest,
      },
      clip: { norm: clip.norm, normType: clip.normType as number | "inf", value: clip.value },
      epochs: extent.epochs,
      batchSize: options.batchSize,
      accumulate: options.accumulate,
      shuffle: options.shuffle,
      dropLast: options.dropLast,
      seed: options.seed,
      sets,
      running: model.running.slices.length > 0,
      left: measured
        .filter(({ text }) => text === null)
        .map(({ metric }) => `metric ${nameOf(metric)}, which is a function of your own over others`),
    },
  };
}

function axisIn(experiment: Experiment, output: readonly number[], target: readonly number[]): number | null {
  const { dim = null } = experiment.config.loss.options as { dim?: number | null };
  return axisOfClasses("exportPyTorch", output, target, dim);
}

/** Ties of all containers, by whole names. */
function tiesOf(layer: Layer, path = ""): Record<string, string> {
  const full = (name: string) => (path === "" ? name : `${path}.${name}`);
  const { tied = {}, layers = {} } = layer.options as { tied?: Record<string, string>; layers?: Record<string, Layer> };
  const own = Object.entries(tied).map(([name, of]) => [full(name), full(of)] as const);
  const inside = Object.entries(layers).flatMap(([name, child]) => Object.entries(tiesOf(child, full(name))));
  return Object.fromEntries([...own, ...inside]);
}

/** The schedule as torch has it, or the rates of every step as shares of the optimizer's, kept among the arrays. */
function scheduleOf(
  experiment: Experiment,
  schedule: Schedule,
  extent: { steps: number; epochs: number; stepsPerEpoch: number },
  groups: readonly ParameterGroup[],
  data: Record<string, HostTensor>,
): ScriptParts["schedule"] {
  const { optimizer, metrics } = experiment.config;
  const higher = metrics.filter((metric) => betterOf(metric) === "higher").map(nameOf);
  const validates = experiment.splits.valid !== undefined;
  const known = torchSchedule(schedule, { ...extent, validates, higher });
  const base = hyperparameters(optimizer);
  if (known && (known.call.includes("OneCycleLR") === false || groups.length === 1)) return known;
  const waits = JSON.stringify(schedule).includes('"plateau"');
  if (waits || !base.lr)
    throw new ConfigError(
      waits
        ? "exportPyTorch: schedule.plateau waits for figures, and torch's scheduler of that name joins no others; take it alone"
        : `exportPyTorch: ${schedule.type} moves a rate of 0; give the optimizer an lr`,
    );
  const trained = groups.filter(({ settings }) => !settings.frozen);
  const shares = new Float32Array(extent.steps * trained.length);
  const momenta = new Float32Array(extent.steps);
  const key = base.momentum ? "momentum" : base["betas[0]"] === undefined ? null : "betas[0]";
  for (let step = 0; step < extent.steps; step++) {
    const now = rateAt(schedule, base, { ...extent, step });
    for (const [k, { settings }] of trained.entries()) {
      const tree = settings.own.lr as HostTree | undefined;
      const own = (numbers: Record<string, number>) =>
        (tree === undefined ? numbers.lr : evaluateHost(tree, numbers)) as number;
      shares[step * trained.length + k] = own(now) / own(base);
    }
    if (key) momenta[step] = now[key] as number;
  }
  data["schedule.shares"] = new HostTensor(
    trained.length === 1 ? [extent.steps] : [extent.steps, trained.length],
    "f32",
    shares,
  );
  const moves = key !== null && momenta.some((m) => m !== Math.fround(base[key] as number));
  if (moves) data["schedule.momenta"] = new HostTensor([extent.steps], "f32", momenta);
  return {
    rates: `schedule.${schedule.type}`,
    groups: trained.length,
    momentum: moves ? (key === "momentum" ? "momentum" : "betas") : null,
  };
}

/** Penalties and limits of the weights, in Python. */
function penaltiesOf({ config, options }: Experiment): { penalty: string | null; limits: string[] } {
  const { model } = config;
  const terms: string[] = [];
  const limits: string[] = [];
  const lists: string[] = [];
  for (const regularizer of options.regularize) {
    const { type, options: given } = regularizer;
    const o = given as Readonly<Record<string, number>>;
    const names = model.trained.slices.filter((slice) => means(regularizer, slice)).map(({ name }) => name);
    const list = `[named[name] for name in ${python(names)}]`;
    if (type === "maxNorm") {
      limits.push(`for w in ${list}:\n    w.copy_(torch.renorm(w, 2, ${o.axis}, ${o.norm}))`);
      continue;
    }
    const weights = lists.includes(list) ? lists.indexOf(list) + 1 : lists.push(list);
    const each = `for w in weights${weights === 1 ? "" : weights}`;
    const [l1, l2] = type === "elasticNet" ? [o.l1, o.l2] : type === "l1" ? [o.alpha, 0] : [0, o.alpha];
    if (!["l1", "l2", "elasticNet"].includes(type)) throw new RangeError(`no way to write regularize.${type}`);
    if (l1) terms.push(`${l1} * sum(w.abs().sum() ${each})`);
    if (l2) terms.push(`${l2} * sum(w.square().sum() ${each})`);
  }
  const made = lists.map((list, i) => `weights${i === 0 ? "" : i + 1} = ${list}`);
  return { penalty: terms.length === 0 ? null : [...made, `return ${terms.join(" + ")}`].join("\n"), limits };
}

function averageOf(average: Average | null): ScriptParts["average"] {
  if (!average) return null;
  const { start, every, per, decay } = average.options as unknown as {
    start: number;
    every: number;
    per: "step" | "epoch";
    decay?: number;
  };
  const text =
    decay === undefined
      ? ""
      : `, avg_fn=lambda average, p, count: ${decay} * average + ${Number((1 - decay).toPrecision(12))} * p`;
  return { text, start, every, per };
}
