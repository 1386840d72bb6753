import { mkdir, rename, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { currentContext } from "../context/index.ts";
import { FileTensor } from "../data/index.ts";
import { ConfigError } from "../errors/index.ts";
import { axisOfClasses } from "../losses/index.ts";
import { traceModel } from "../nn/index.ts";
import { constant, input } from "../ops/index.ts";
import { parameterGroups } from "../optim/index.ts";
import { type Checked, int, optional, required, value } from "../params/index.ts";
import { means } from "../regularize/index.ts";
import { isSchedule, type Schedule, scheduleAt } from "../schedules/index.ts";
import { HostTensor, viewAs } from "../tensor/index.ts";
import { npz } from "../torch/arrays.ts";
import { type ScriptParts, torchLoss, torchModel, torchOptimizer, torchSchedule, torchScript } from "../torch/index.ts";
import { extentOf } from "./course.ts";
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
  { epochs, schedule }: Checked<typeof exportPyTorchParams>,
): Promise<void> {
  if (!full.endsWith(".py"))
    throw new ConfigError(`exportPyTorch: ${basename(full)} is no name of a script; end it in .py`);
  const arrays = `${basename(full, ".py")}.npz`;
  const { parts, data } = describe(experiment, arrays, { epochs, schedule });
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
  fit: { epochs: number | null; schedule: Schedule | null },
): { parts: ScriptParts; data: Record<string, HostTensor> } {
  const { config, options, splits } = experiment;
  const { model, loss, optimizer, metrics, clip, regularize } = config;
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

  const tensors = (slices: typeof model.parameters.slices) =>
    Object.fromEntries(slices.map((s) => [s.name, input(s.name, s.shape, s.dtype)]));
  const { layers, output } = traceModel(options.model, input("x", [2, ...train.x.shape.slice(1)], train.x.dtype), {
    parameters: tensors(model.parameters.slices),
    buffers: tensors(model.running.slices),
    training: true,
    seed: constant(0, [], "u32"),
    step: constant(0, [], "u32"),
  });

  const extent = extentOf(
    experiment,
    { ...experiment.fitOptions({}, "exportPyTorch"), epochs: fit.epochs },
    train.size,
  );
  const written = fit.schedule === null ? null : torchSchedule(fit.schedule, extent);
  if (fit.schedule !== null && written === null) {
    const base = Number((optimizer.options as { lr?: number }).lr ?? 1);
    if (fit.schedule.type === "plateau" || base === 0)
      throw new ConfigError(
        `exportPyTorch: ${fit.schedule.type} cannot be written; leave the schedule out, or take another`,
      );
    const place = { steps: extent.steps, stepsPerEpoch: extent.stepsPerEpoch, epochs: extent.epochs };
    const rates = Float32Array.from(
      { length: extent.steps },
      (_, step) => scheduleAt(fit.schedule as Schedule, base, { ...place, step }).lr / base,
    );
    data.rates = new HostTensor([extent.steps], "f32", rates);
  }

  const groups = parameterGroups(optimizer, model.declaration.parameters);
  const kinds = loss.definition.takes(loss.options);
  const classes = kinds.includes("class") && train.y.dtype === "i32";
  const batch = [2, ...train.y.shape.slice(1)];
  const axis = classes
    ? axisOfClasses("exportPyTorch", output.shape, batch, (loss.options as { dim?: number }).dim ?? null)
    : 1;
  const scores = axis === 1 ? "output" : `output.movedim(${axis}, 1)`;
  const penalties = regularize.map((regularizer) => {
    const { alpha = 0 } = regularizer.options as { alpha?: number };
    const names = model.declaration.parameters.filter((p) => means(regularizer, p)).map(({ name }) => name);
    return { type: regularizer.type, alpha, names };
  });
  const writable = penalties.filter(({ type }) => type === "l1" || type === "l2");
  const left = [
    ...options.augment.map(({ type }) => `augmentation ${type}`),
    ...metrics.filter(({ type }) => type !== "accuracy" || !classes).map(({ type }) => `metric ${type}`),
    ...penalties.filter((one) => !writable.includes(one)).map(({ type }) => `regularization ${type}`),
    ...(options.average ? [`average of the weights (${options.average.type})`] : []),
  ];
  return {
    data,
    parts: {
      title: experiment.name,
      version: currentContext().version ?? "",
      arrays,
      model: torchModel(layers),
      loss: torchLoss(loss),
      optimizer: torchOptimizer(optimizer, groups),
      grouped: groups.length > 1,
      frozen: groups.filter(({ settings }) => settings.frozen).flatMap(({ names }) => names),
      schedule: fit.schedule === null ? null : (written ?? "rates"),
      prediction: classes ? `${scores}, target` : "output.reshape(target.shape), target.float()",
      accuracy:
        classes && metrics.some(({ type }) => type === "accuracy")
          ? `(${scores}.argmax(1) == y).float().mean().item() * len(x)`
          : null,
      penalty: writable.length === 0 ? null : penaltyText(writable),
      clip: { norm: clip.norm, normType: clip.normType as number | "inf", value: clip.value },
      epochs: extent.epochs,
      batchSize: options.batchSize,
      accumulate: options.accumulate,
      dropLast: options.dropLast,
      seed: options.seed,
      sets,
      left,
    },
  };
}

function penaltyText(penalties: readonly { type: string; alpha: number; names: readonly string[] }[]): string {
  const terms = penalties.map(({ type, alpha, names }) => {
    const sum = type === "l1" ? "named[name].abs().sum()" : "named[name].square().sum()";
    return `${alpha} * sum(${sum} for name in ${JSON.stringify(names)})`;
  });
  return `return ${terms.join(" + ")}`;
}
