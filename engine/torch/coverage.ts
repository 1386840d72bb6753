import { augmentations } from "../augment/index.ts";
import { averages } from "../average/index.ts";
import { initializers } from "../init/index.ts";
import { losses } from "../losses/index.ts";
import { measures } from "../metrics/index.ts";
import { layers } from "../nn/index.ts";
import { methods, optimizers } from "../optim/index.ts";
import { regularizers } from "../regularize/index.ts";
import { schedules } from "../schedules/index.ts";
import { torchLayers } from "./layers.ts";
import { torchLosses } from "./losses.ts";
import { torchOptimizers } from "./optimizers.ts";
import { torchSchedules } from "./schedules.ts";

/** How the entries of a registry are written in a script. */
export interface Coverage {
  readonly family: string;
  readonly global: string;
  /** What torch has by a name, and what that is. */
  readonly named: readonly string[];
  readonly by: string;
  /** What is written out, and as what. */
  readonly written: readonly string[];
  readonly as: string;
}

function family(
  title: string,
  global: string,
  all: object,
  known: readonly string[],
  [by, as]: readonly [by: string, as: string],
): Coverage {
  const names = Object.keys(all);
  return {
    ...{ family: title, global, by, as },
    named: names.filter((name) => known.includes(name)),
    written: names.filter((name) => !known.includes(name)),
  };
}

/** Every entry of the registries that an experiment is made of. */
export const coverage = (): Coverage[] => [
  family("Layers", "nn", layers, torchLayers, [
    "torch.nn, or a short class around it",
    "a class with a forward written from the layer's graph; functions of your own as well",
  ]),
  family("Losses", "loss", losses, torchLosses, [
    "torch.nn, where targets have the form that it takes",
    "a function written from the loss's graph",
  ]),
  family("Metrics", "metrics", measures, [], ["", "functions of all outputs and targets of a set, exact over it"]),
  family("Optimizers", "optim", { ...optimizers, ...methods }, torchOptimizers, [
    "torch.optim",
    "a torch.optim.Optimizer written from the update rule; so are options that torch's lacks",
  ]),
  family("Schedules", "schedule", schedules, torchSchedules, [
    "torch.optim.lr_scheduler",
    "LambdaLR over the rate of every step, for each group of parameters; momentum moves along",
  ]),
  family("Initializers", "init", initializers, Object.keys(initializers), [
    "torch.nn.init, in `draw_weights()`; the script itself begins with the experiment's own weights",
    "",
  ]),
  family("Augmentations", "augment", augmentations, [], ["", "functions of a batch, written from their graphs"]),
  family("Averages of weights", "average", averages, Object.keys(averages), [
    "torch.optim.swa_utils.AveragedModel",
    "",
  ]),
  family(
    "Regularizers",
    "regularize",
    regularizers,
    [],
    ["", "a penalty that is added to the loss, or limits after each update"],
  ),
];

/** What is not written, and why. */
export const refusals: readonly string[] = [
  "Examples that stay in their file, or of more than 1 GB: they are not copied beside a script. Export a part of them.",
  "`schedule.plateau` within another schedule: it waits for figures, and torch's scheduler of that name joins no others.",
  "`metrics.combine` whose function does more than compute from its values: the script leaves the figure out and says so.",
  "A layer that is used at several places for inputs of different shapes and is in no table of torch.nn: its class has one forward.",
  "A computation that is another one for other numbers of examples, or that depends on their number in a way that is not a product or a power.",
];
