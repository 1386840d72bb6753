import { weightAt } from "../average/index.ts";
import { ConfigError, didYouMean } from "../errors/index.ts";
import { betterOf, nameOf } from "../metrics/index.ts";
import { hyperparameters } from "../optim/index.ts";
import type { RunExtent } from "../protocol/index.ts";
import { monitorsOf, rateAt, type Schedule, type Seen } from "../schedules/index.ts";
import type { StepScalars } from "./device.ts";
import type { Experiment } from "./experiment.ts";
import { AVERAGE } from "./forward.ts";
import type { Steering } from "./steering.ts";

/** What the host says to the step after `step` updates, in an epoch that began after `epochStart` of them. */
export type ScalarsAt = (step: number, epochStart: number) => StepScalars;

/**
 * `seen` grows with the run: the epochs that are over. Examples that are on the device in windows are counted from each window's
 * first. `steering` is what was changed by hand.
 */
export function scalarsOf(
  experiment: Experiment,
  schedule: Schedule | null,
  extent: RunExtent,
  seen?: readonly Seen[],
  window = Infinity,
  steering?: Steering,
): ScalarsAt {
  const { seed, average } = experiment.options;
  const base = hyperparameters(experiment.config.optimizer);
  const higher = higherOf(experiment);
  const planned = (step: number) => (schedule ? rateAt(schedule, base, { step, seen, higher, ...extent }) : base);
  return (step, epochStart) => {
    const plan = planned(step);
    const driven = steering?.moves ? { ...plan, lr: steering.rate(step, (t) => planned(t).lr as number) } : plan;
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

/** Throws ConfigError for a schedule that waits for figures that there will not be. */
export function checkSchedule(schedule: Schedule, { options, splits }: Experiment): void {
  const figures = ["loss", ...options.metrics.map(nameOf)];
  for (const { name, on } of monitorsOf(schedule)) {
    if (!figures.includes(name)) {
      throw new ConfigError(`${schedule.type}: no monitor "${name}"${didYouMean(name, figures)}`, {
        fault: { kind: "choice", option: "schedule.monitor", names: figures },
      });
    }
    if (on === "valid" && splits.valid === undefined) {
      throw new ConfigError(
        `${schedule.type}: waits for validation figures, and there are no validation examples; split with valid: 0.1, or take on: "train"`,
        { fault: { kind: "conflict", option: "schedule.on" } },
      );
    }
  }
}

/** Metrics that are better when they are higher. */
export const higherOf = ({ config }: Experiment): string[] =>
  config.metrics.filter((metric) => betterOf(metric) === "higher").map(nameOf);
