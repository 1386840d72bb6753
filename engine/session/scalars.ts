import { weightAt } from "../average/index.ts";
import { betterOf, nameOf } from "../metrics/index.ts";
import { hyperparameters } from "../optim/index.ts";
import type { RunExtent } from "../protocol/index.ts";
import { rateAt, type Schedule, type Seen } from "../schedules/index.ts";
import type { StepScalars } from "./device.ts";
import type { Experiment } from "./experiment.ts";
import { AVERAGE } from "./forward.ts";

/** What the host says to the step after `step` updates, in an epoch that began after `epochStart` of them. */
export type ScalarsAt = (step: number, epochStart: number) => StepScalars;

/** `seen` grows with the run: the epochs that are over. Examples that are on the device in windows are counted from each window's first. */
export function scalarsOf(
  experiment: Experiment,
  schedule: Schedule | null,
  extent: RunExtent,
  seen?: readonly Seen[],
  window = Infinity,
): ScalarsAt {
  const { seed, average } = experiment.options;
  const base = hyperparameters(experiment.config.optimizer);
  const higher = higherOf(experiment);
  return (step, epochStart) => {
    const driven = schedule ? rateAt(schedule, base, { step, seen, higher, ...extent }) : base;
    const cursor = ((step - epochStart) * experiment.stepSize) % window;
    const taken = average ? { [AVERAGE]: weightAt(average, { step, stepsPerEpoch: extent.stepsPerEpoch }) } : {};
    return {
      hyper: { ...driven, ...taken, step: step + 1 },
      cursor,
      noiseSeed: seed,
      noiseStep: experiment.noiseStep(step),
    };
  };
}

/** Metrics that are better when they are higher. */
export const higherOf = ({ config }: Experiment): string[] =>
  config.metrics.filter((metric) => betterOf(metric) === "higher").map(nameOf);
