/** The name of the library that makes values of a type: an option that takes a Schedule takes what `schedule.` makes. */
export const MAKERS: Readonly<Record<string, string>> = {
  Augmentation: "augment",
  Average: "average",
  Initializer: "init",
  Layer: "nn",
  Loss: "loss",
  Metric: "metrics",
  Optimizer: "optim",
  Regularizer: "regularize",
  Schedule: "schedule",
};
