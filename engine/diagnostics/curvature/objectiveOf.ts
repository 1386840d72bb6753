import type { RunContext } from "../../context/index.ts";
import type { Dataset } from "../../data/index.ts";
import { choice, int } from "../../params/index.ts";
import type { DeviceModel } from "../../session/device.ts";
import type { Subject } from "../subject.ts";
import { Objective } from "./objective.ts";

export const modes = ["auto", "training", "evaluation"] as const;

/** Options that all looks at curvature and landscape share. */
export const objectiveParams = {
  samples: int(512, "[1, inf)", "Training examples that the loss is the mean of; all of a smaller set."),
  mode: choice(
    "auto",
    modes,
    "evaluation: running statistics, no dropout, so that the loss is a function of the weights alone; training: batch statistics and dropout with fixed noise, as a step sees it; auto: evaluation, but training for initial weights with running statistics, which have seen no data.",
  ),
  seed: int(0, "[0, 4294967295]", "Draws the examples and whatever is random."),
} as const;

export interface ObjectiveChoice {
  readonly samples: number;
  readonly mode: (typeof modes)[number];
  readonly seed: number;
}

/** What "auto" stands for: see `objectiveParams`. */
export function trainingMode(subject: Subject, mode: ObjectiveChoice["mode"]): boolean {
  return mode === "auto" ? subject.run === null && subject.config.model.running.slices.length > 0 : mode === "training";
}

/** The subject's loss over training examples (or those of `set`) as a function of the weights. */
export function objectiveOf(
  subject: Subject,
  device: DeviceModel,
  { samples, mode, seed }: ObjectiveChoice,
  context: RunContext,
  { set = subject.experiment.splits.train, name }: { set?: Dataset; name?: string } = {},
): Objective {
  return new Objective(device, set, {
    samples,
    training: trainingMode(subject, mode),
    batchSize: subject.experiment.options.batchSize,
    seed,
    ...(name !== undefined && { name }),
    stopped: () => context.signal.aborted,
  });
}

/** "512 examples in evaluation mode" */
export const overWhat = ({ samples, training }: { samples: number; training: boolean }): string =>
  `${samples.toLocaleString("en-US")} examples in ${training ? "training" : "evaluation"} mode`;
