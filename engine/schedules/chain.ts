import { type Driven, defineSchedule, monitorsOf, type Schedule, scheduleAt, unitOf } from "./definition.ts";
import { commonUnit, parts } from "./parts.ts";

export const chain = defineSchedule({
  summary:
    "lr times the factors of several schedules at once, as PyTorch's ChainedScheduler of those that multiply what stands.",
  rule: ["lr_t = lr f_1(t) f_2(t) ...,   f_i(t) = what schedule i makes of lr, over lr"],
  params: { schedules: parts("What is multiplied; all count steps, or all epochs.") },
  validate: ({ schedules }) => {
    commonUnit("chain", schedules);
  },
  positional: "schedules",
  unit: ({ schedules }) => unitOf(schedules[0] as Schedule),
  monitors: ({ schedules }) => schedules.flatMap(monitorsOf),
  at: ({ schedules }, { baseLr, ...place }) => {
    if (baseLr === 0) return 0;
    let driven: Driven = { lr: baseLr };
    for (const own of schedules) {
      const { lr, ...more } = scheduleAt(own, baseLr, place);
      driven = { ...driven, ...more, lr: driven.lr * (lr / baseLr) };
    }
    return driven;
  },
});
