import { ConfigError } from "../errors/index.ts";
import { ints, required } from "../params/index.ts";
import { defineSchedule, monitorsOf, type Schedule, scheduleAt, unitOf } from "./definition.ts";
import { commonUnit, parts, within } from "./parts.ts";

export const concat = defineSchedule({
  summary: "Schedules one after the other, each starting anew at its milestone: PyTorch's SequentialLR.",
  rule: ["lr_t = s_i(t - m_i),   m_i the last milestone up to t, s_i the schedule that begins there"],
  params: {
    schedules: parts("What comes one after the other; all count steps, or all epochs."),
    milestones: ints(required, "[1, inf)", "When each schedule but the first begins, in rising order, in their unit."),
  },
  validate: ({ schedules, milestones }) => {
    commonUnit("concat", schedules);
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
  unit: ({ schedules }) => unitOf(schedules[0] as Schedule),
  monitors: ({ schedules }) => schedules.flatMap(monitorsOf),
  at: ({ schedules, milestones }, { t, total, baseLr, ...place }) => {
    const index = milestones.filter((m) => m <= t).length;
    const own = schedules[index] as Schedule;
    const start = milestones[index - 1] ?? 0;
    const end = milestones[index] ?? total;
    return scheduleAt(own, baseLr, within(place, unitOf(own), start, end - start));
  },
});
