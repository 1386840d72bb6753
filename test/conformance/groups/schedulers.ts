import { type Seen, scheduleAt } from "../../../engine/schedules/index.ts";
import type { Runner } from "../run.ts";
import { torchSchedule } from "../torch.ts";

/** The rate, and momentum where it is driven, in force at every step; a metric is told after the step of its place. */
export const schedulers: Runner = async ({ op, config, inputs, outputs }) => {
  const schedule = torchSchedule({ name: op, args: [], named: config });
  const steps = outputs.lr?.data.length ?? config.steps;
  const metrics = inputs.metrics?.data ?? new Float64Array();
  const seen = Array.from(metrics, (loss, i): Seen => ({ step: i + 1, train: { loss } }));
  const place = { steps, stepsPerEpoch: 1, epochs: steps, seen };
  const driven = Array.from({ length: steps }, (_, step) =>
    scheduleAt(schedule, config.base_lr ?? 0, { ...place, step }),
  );
  const momentum = driven.map((d) => d.momentum);
  return {
    lr: driven.map(({ lr }) => lr),
    ...(momentum.every((m) => m !== undefined) ? { momentum } : {}),
  };
};
