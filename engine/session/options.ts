import { type Augmentation, isAugmentation } from "../augment/index.ts";
import { type Average, isAverage } from "../average/index.ts";
import { Dataset, Splits } from "../data/index.ts";
import { isStart, type Start } from "../init/index.ts";
import { isLoss, type Loss } from "../losses/index.ts";
import { isMetric, type Metric } from "../metrics/index.ts";
import { isLayer, type Layer } from "../nn/index.ts";
import { isOptimizer, type Optimizer } from "../optim/index.ts";
import { bool, type Checked, choice, either, int, num, optional, required, text, value } from "../params/index.ts";
import type { Controlled } from "../protocol/index.ts";
import { isRegularizer, type Regularizer } from "../regularize/index.ts";
import { isSchedule, type Schedule } from "../schedules/index.ts";
import { Run } from "./run.ts";

const numberAbove = (doc: string) => optional(num(required, "(0, inf)", doc));

export const clipParams = {
  norm: numberAbove(
    "Largest norm of the whole gradient; a longer one is scaled down (torch.nn.utils.clip_grad_norm_).",
  ),
  normType: either(
    num(2, "(0, inf)", 'p of the p-norm that norm limits; "inf" is the largest absolute value.'),
    choice("inf", ["inf"], ""),
  ),
  value: numberAbove("Largest absolute value of a gradient's element (torch.nn.utils.clip_grad_value_)."),
};

/** Options of `experiment({ ... })`. */
export const experimentParams = {
  name: text("", "What charts and logs call it; `experiment 1` and so on when empty."),
  data: value<Dataset | Splits>(
    required,
    {
      type: "Dataset | Splits",
      noun: "a data set or its splits, as from data.csv(...).split(...)",
      accepts: (given) => given instanceof Dataset || given instanceof Splits,
    },
    "Training data; with splits, also what validates each epoch and tests the end.",
  ),
  model: value<Layer>(
    required,
    { type: "Layer", noun: "a layer, as from nn.sequential(...)", accepts: isLayer },
    "The network.",
  ),
  augment: value<readonly Augmentation[]>(
    [],
    {
      type: "readonly Augmentation[]",
      noun: "a list of augmentations, as [augment.randomCrop(32, { padding: 4 }), augment.hflip()]",
      accepts: (given) => Array.isArray(given) && given.every(isAugmentation),
    },
    "Changes of the examples on the device, in their order; those drawn by chance are made in training only.",
  ),
  loss: value<Loss>(
    required,
    { type: "Loss", noun: "a loss, as from loss.crossEntropy()", accepts: isLoss },
    "What training lowers.",
  ),
  metrics: value<readonly Metric[]>(
    [],
    {
      type: "readonly Metric[]",
      noun: "a list of metrics, as [metrics.accuracy()]",
      accepts: (given) => Array.isArray(given) && given.every(isMetric),
    },
    "What is measured beside the loss.",
  ),
  optimizer: value<Optimizer>(
    required,
    { type: "Optimizer", noun: "an optimizer, as from optim.adamw({ lr: 1e-3 })", accepts: isOptimizer },
    "The update rule.",
  ),
  regularize: value<readonly Regularizer[]>(
    [],
    {
      type: "readonly Regularizer[]",
      noun: "a list of regularizers, as [regularize.l2(1e-4)]",
      accepts: (given) => Array.isArray(given) && given.every(isRegularizer),
    },
    "Penalties that are added to the loss, and limits of the weights.",
  ),
  batchSize: int(32, "[1, inf)", "Examples that go through the model at once; per step, unless batches accumulate."),
  accumulate: int(
    1,
    "[1, inf)",
    "Batches whose gradients make one update: memory of one, the step of all together. A mean loss is that of `batchSize * accumulate` examples, also in the epoch's last, smaller update; each batch by itself has its batch norm, and its divisor under class weights or ignored targets.",
  ),
  average: value<Average | null>(
    null,
    { type: "Average", noun: "an average, as from average.ema({ decay: 0.999 })", accepts: isAverage },
    "An average of the weights that is kept beside them: validated with them, and `run.averaged` in the end.",
  ),
  seed: int(
    0,
    "[0, 4294967295]",
    "Draws the initial weights, the order of the data and the noise of dropout; several side by side: replicas({ seeds: 8 }).",
  ),
  shuffle: bool(true, "Visits the training examples in a new order every epoch."),
  dropLast: bool(false, "Leaves out the last, smaller step of an epoch."),
  clip: value<{ readonly norm?: number; readonly normType?: number | "inf"; readonly value?: number } | null>(
    null,
    {
      type: '{ norm?: number; normType?: number | "inf"; value?: number }',
      noun: "{ norm } or { value }",
      accepts: (given) => typeof given === "object",
    },
    "Gradient clipping before the update.",
  ),
} as const;

export type ExperimentOptions = Checked<typeof experimentParams>;

/** Options of `fit({ checkpoints })`. */
export const checkpointParams = {
  every: optional(
    int(
      required,
      "[1, inf)",
      "Epochs between checkpoints; when not given they are spread over the run, as far as writing them takes at most 3 % of its time.",
    ),
  ),
  keep: int(
    8,
    "[0, inf)",
    "Most that are kept beside the last and the best; where there would be more, every other one goes.",
  ),
  megabytes: num(512, "[0, inf)", "Most room on disk for them, beside the last and the best."),
} as const;

export type CheckpointOptions = Checked<typeof checkpointParams>;

/** Options of `fit({ ... })`. */
export const fitParams = {
  epochs: optional(int(required, "[1, inf)", "Passes over the training data; 10 when steps is not given either.")),
  steps: optional(int(required, "[1, inf)", "Optimizer updates, in place of epochs.")),
  schedule: value<Schedule | null>(
    null,
    { type: "Schedule", noun: "a schedule, as from schedule.oneCycle({ maxLr: 3e-3 })", accepts: isSchedule },
    "Drives the learning rate; the optimizer's own lr stays when not given.",
  ),
  earlyStopping: value<Readonly<Record<string, unknown>> | null>(
    null,
    { type: "EarlyStopping", noun: "{ patience, ... }", accepts: (given) => typeof given === "object" },
    "Ends a run whose validation no longer improves.",
  ),
  resume: value<Run | string | null>(
    null,
    {
      type: "Run | string",
      noun: "a run or the path of a checkpoint",
      accepts: (given) => given instanceof Run || typeof given === "string",
    },
    "Continues from a run or checkpoint of the same experiment, to the bits of an uninterrupted run.",
  ),
  from: value<Run | string | Start | null>(
    null,
    {
      type: "Run | string | Start",
      noun: "a run, the path of a safetensors file or init.lsuv()",
      accepts: (given) => given instanceof Run || typeof given === "string" || isStart(given),
    },
    "Begins with the weights of a run or file in place of drawn ones, at step 0 and with a new optimizer: fine-tuning; or with what `init.lsuv()` makes of a batch.",
  ),
  checkpoints: value<Readonly<Record<string, unknown>> | null>(
    null,
    {
      type: "{ every?: number; keep?: number; megabytes?: number }",
      noun: "{ every, keep, megabytes }",
      accepts: (given) => typeof given === "object" && !Array.isArray(given),
    },
    "Checkpoints of epochs to go back to: at most 8 and 512 MB in all, spread over the run, beside its last state and its best.",
  ),
  replay: value<Run | readonly Controlled[] | null>(
    null,
    {
      type: "Run | readonly Controlled[]",
      noun: "a run or its controls, as run.controls",
      accepts: (given) => given instanceof Run || Array.isArray(given),
    },
    "Makes the changes again that were made to a run by hand, at the same steps, for the same bits; in place of those that a resumed checkpoint knows of, so that [] leaves them out.",
  ),
  name: text("", "What charts and logs call this run; `run 1` and so on when empty."),
  validateEvery: int(1, "[1, inf)", "Epochs between validations."),
  instruments: either(
    choice(
      "off",
      ["off", "economy", "business", "full"],
      "Looks at layers, gradients and updates while it trains, for run.inspect: economy costs at most 5 % of the time of training, business 20 %, full looks at every step; a number is a ceiling, 0.1 for 10 %.",
    ),
    num(required, "(0, inf)", ""),
  ),
  trace: int(
    0,
    "[0, 1000]",
    "Snapshots of the weights that run.trace keeps, evenly from the first step to the last; fewer where they would take over 64 MB.",
  ),
} as const;

export type FitOptions = Checked<typeof fitParams>;

/** Options of `earlyStopping`. */
export const earlyStoppingParams = {
  patience: int(10, "[1, inf)", "Validations in a row without improvement that end the run."),
  minDelta: num(0, "[0, inf)", "Smallest change that counts as an improvement."),
  monitor: text("loss", "What is watched on the validation set: `loss` or the name of a metric."),
  restoreBest: bool(true, "Ends with the weights of the best epoch rather than the last."),
  mode: choice(
    "auto",
    ["auto", "min", "max"],
    "Whether lower or higher is better; auto knows the loss and the metrics.",
  ),
} as const;

export type EarlyStoppingOptions = Checked<typeof earlyStoppingParams>;
