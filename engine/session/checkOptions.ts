import { ConfigError, type Fault } from "../errors/index.ts";
import { classAxis, type Takes } from "../losses/index.ts";
import { nameOf } from "../metrics/index.ts";
import type { Experiment } from "./experiment.ts";

/** Whether batches and augmentations are possible with the data, before the model is sized. Throws ConfigError. */
export function checkData(experiment: Experiment): void {
  checkBatches(experiment);
  checkAugment(experiment);
}

/** Whether loss and metrics go together with the data; shapes are `checkModel`'s. Throws ConfigError. */
export function checkOptions(experiment: Experiment): void {
  checkNames(experiment);
  checkTarget(experiment);
  checkMetrics(experiment);
}

/** What an error of an experiment's option says beside its message. */
export const atOption = (option: string, fault: Partial<Fault> = {}) => ({
  fault: { kind: "conflict", option, ...fault } as const,
});

function checkBatches({ options, splits, stepSize }: Experiment): void {
  const { batchSize, accumulate } = options;
  const count = splits.train.size;
  if (batchSize > count) {
    throw new ConfigError(
      `experiment: batchSize = ${batchSize} is larger than the ${count} training examples; take ${count} or less`,
      atOption("batchSize", { kind: "range", range: `[1, ${count}]` }),
    );
  }
  if (stepSize > count) {
    throw new ConfigError(
      `experiment: accumulate = ${accumulate} batches of ${batchSize} are more than the ${count} training examples; take ${Math.floor(count / batchSize)} or less`,
      atOption("accumulate", { kind: "range", range: `[1, ${Math.floor(count / batchSize)}]` }),
    );
  }
}

/** What changes examples changes numbers: the number of a category or a token is a name. */
function checkAugment({ options, splits }: Experiment): void {
  const { augment, loss } = options;
  const [first] = augment;
  if (!first) return;
  const { x, columns, name } = splits.train;
  const named = x.rank === 2 ? columns.find(({ categories }) => categories) : undefined;
  if (x.dtype !== "f32" || named) {
    const what = named ? `column "${named.name}" of ${name} are categories` : `the examples of ${name} are tokens`;
    throw new ConfigError(
      `experiment: ${first.type} changes numbers, and ${what}; leave augment out${named ? ", or make numbers of them: splits.transform(data.oneHot())" : ""}`,
      atOption("augment"),
    );
  }
  const mixer = augment.find(({ definition }) => definition.mix);
  if (mixer && loss.definition.gives(loss.options) === "embeddings") {
    throw new ConfigError(
      `experiment: ${mixer.type} mixes targets, and ${loss.type} asks which examples are alike; leave ${mixer.type} out, or take loss.crossEntropy()`,
      atOption("loss", { instead: ["loss.crossEntropy()"] }),
    );
  }
  if (mixer && !loss.definition.takes(loss.options).includes("value")) {
    throw new ConfigError(
      `experiment: ${mixer.type} mixes targets, and ${loss.type} takes one class of each example; leave ${mixer.type} out, or take loss.crossEntropy()`,
      atOption("loss", { instead: ["loss.crossEntropy()"] }),
    );
  }
}

/** Figures are told apart by name. */
function checkNames({ options }: Experiment): void {
  const names = options.metrics.map(nameOf);
  const twice = names.find((name, i) => name === "loss" || names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new ConfigError(
    `experiment: ${twice === "loss" ? 'a metric is named "loss"' : `two metrics are named "${twice}"`}; give one another name, as metrics.recall({ name: "${twice} 2" })`,
    atOption("metrics"),
  );
}

/** Classes for a loss of classes, values for a loss of values. */
function checkTarget({ config, splits }: Experiment): void {
  const { loss, model } = config;
  const { task, name, classes, labels, y, size } = splits.train;
  const kinds = loss.definition.takes(loss.options);
  const fits = (kind: Takes) => kinds.includes(kind);
  if (fits("any")) return;
  if (task === "classification" && !fits("class") && !(fits("label") && classes?.length === 2)) {
    throw new ConfigError(
      `experiment: ${loss.type} ${fits("label") ? "takes yes or no" : "compares values"} and ${name} has ${classes?.length} classes; use loss.crossEntropy()${fits("label") ? "" : ', or load it with task: "regression"'}`,
      atOption("loss", { instead: ["loss.crossEntropy()"] }),
    );
  }
  if (labels && !fits("label")) {
    throw new ConfigError(
      `experiment: ${loss.type} takes one class of several, or values, and any number of the ${labels.length} labels of ${name} may hold; use loss.bceWithLogits()`,
      atOption("loss", { instead: ["loss.bceWithLogits()"] }),
    );
  }
  // probabilities of several classes are values too
  const one = y.size === size || model.declaration.outputShape.at(-1) === 1;
  if (task === "regression" && (!fits("value") || (fits("class") && !fits("label") && one))) {
    throw new ConfigError(
      `experiment: ${loss.type} takes classes and ${name} has values as targets; use loss.mse(), or load it with task: "classification"`,
      atOption("loss", { instead: ["loss.mse()"] }),
    );
  }
}

/** What counts right classes says nothing of numbers: a share of them above a threshold would look like an accuracy. */
function checkMetrics({ options, splits }: Experiment): void {
  const { task, labels, name, y } = splits.train;
  const ofClasses = options.metrics.find(({ definition }) => definition.params.dim === classAxis);
  if (!ofClasses || task !== "regression" || labels) return;
  const number = y.data.find((value) => value < 0 || value > 1);
  if (number === undefined) return;
  throw new ConfigError(
    `experiment: ${ofClasses.type} is of classes, and ${name} has numbers as targets, such as ${number}; use metrics.mae() or metrics.r2(), or load it with task: "classification"`,
    atOption("metrics"),
  );
}
