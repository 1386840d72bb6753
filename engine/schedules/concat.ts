import { ConfigError } from "../errors/index.ts";
import { ints, required, value } from "../params/index.ts";
import { defineSchedule, per, type Schedule, type ScheduleDefinition, scheduleAt } from "./definition.ts";

const isSchedule = (given: unknown): boolean =>
  typeof (given as { definition?: Partial<ScheduleDefinition> } | null)?.definition?.at === "function";

export const concat = defineSchedule({
  summary: "Schedules one after the other, each starting anew at its milestone: PyTorch's SequentialLR.",
  params: {
    schedules: value<readonly Schedule[], typeof required>(
      required,
      {
        type: "readonly Schedule[]",
        noun: "a list of schedules",
        accepts: (given) => Array.isArray(given) && given.length > 0 && given.every(isSchedule),
      },
      "What comes one after the other.",
    ),
    milestones: ints(required, "[1, inf)", "When each schedule but the first begins, in rising order."),
    per: per("epoch"),
  },
  validate: ({ schedules, milestones }) => {
    if (milestones.length !== schedules.length - 1) {
      throw new ConfigError(
        `concat: ${schedules.length} schedules take ${schedules.length - 1} milestones, not ${milestones.length}`,
      );
    }
    if (milestones.some((m, i) => m <= (milestones[i - 1] ?? 0))) {
      throw new ConfigError(`concat: milestones [${milestones.join(", ")}] do not rise`);
    }
  },
  positional: "schedules",
  at: (options, { t, total, step, stepsPerEpoch, baseLr }) => {
    const { schedules, milestones } = options;
    const unit = options.per === "epoch" ? stepsPerEpoch : 1;
    const index = milestones.filter((m) => m <= t).length;
    const start = milestones[index - 1] ?? 0;
    const length = Math.max(1, (milestones[index] ?? total) - start);
    return scheduleAt(schedules[index] as Schedule, baseLr, {
      step: step - start * unit,
      steps: length * unit,
      stepsPerEpoch,
      epochs: Math.ceil((length * unit) / stepsPerEpoch),
    });
  },
});
