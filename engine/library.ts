import { augment, augmentations } from "./augment/index.ts";
import { average, averages } from "./average/index.ts";
import { data, syntheticSets, transforms } from "./data/index.ts";
import { compare } from "./diagnostics/curves/compare.ts";
import { grad, tensor, valueAndGrad } from "./eager/index.ts";
import { init, initializers, starts } from "./init/index.ts";
import { loss, losses } from "./losses/index.ts";
import { measures, metrics } from "./metrics/index.ts";
import { layers, nn } from "./nn/index.ts";
import { methods, optim, optimizers } from "./optim/index.ts";
import type { Definition } from "./params/index.ts";
import { regularize, regularizers } from "./regularize/index.ts";
import { schedule, schedules } from "./schedules/index.ts";
import { experiment } from "./session/index.ts";
import { toy, toys } from "./toys/index.ts";

export { diagnostics } from "./diagnostics/index.ts";

/** The names that every cell has without importing them. */
export const globals = {
  augment,
  average,
  compare,
  data,
  experiment,
  grad,
  init,
  loss,
  metrics,
  nn,
  optim,
  regularize,
  schedule,
  tensor,
  toy,
  valueAndGrad,
} as const;

/** Every folder of declarations, with the global that its entries are called through. */
export const registries: readonly Registry[] = [
  { global: "data", title: "Synthetic data", all: syntheticSets },
  { global: "data", title: "Transforms", all: transforms },
  { global: "nn", title: "Layers", all: layers },
  { global: "loss", title: "Losses", all: losses },
  { global: "metrics", title: "Metrics", all: measures },
  { global: "optim", title: "Optimizers", all: optimizers },
  { global: "optim", title: "Full-batch optimizers", all: methods },
  { global: "schedule", title: "Schedules", all: schedules },
  { global: "average", title: "Averages of weights", all: averages },
  { global: "regularize", title: "Regularizers", all: regularizers },
  { global: "init", title: "Initializers", all: initializers },
  { global: "init", title: "First weights of a whole model", all: starts },
  { global: "augment", title: "Augmentations", all: augmentations },
  { global: "toy", title: "Toys", all: toys },
];

export interface Registry {
  readonly global: keyof typeof globals;
  readonly title: string;
  readonly all: Readonly<Record<string, Definition>>;
}
