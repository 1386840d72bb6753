import { scheduleAt } from "../../../engine/schedules/index.ts";
import type { Runner } from "../run.ts";
import { torchSchedule } from "../torch.ts";

/** The rate, and momentum where it is driven, in force at every step. */
export const schedulers: Runner = async ({ op, config, outputs }) => {
  const schedule = torchSchedule({ name: op, args: [], named: config });
  const steps = outputs.lr?.data.length ?? config.steps;
  const place = { steps, stepsPerEpoch: 1, epochs: steps };
  const driven = Array.from({ length: steps }, (_, step) =>
    scheduleAt(schedule, config.base_lr ?? 0, { ...place, step }),
  );
  const momentum = driven.map((d) => d.momentum);
  return {
    lr: driven.map(({ lr }) => lr),
    ...(momentum.every((m) => m !== undefined) ? { momentum } : {}),
  };
};
