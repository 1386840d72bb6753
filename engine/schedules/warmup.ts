import { int, num, required } from "../params/index.ts";
import { defineSchedule, monitorsOf, scheduleAt, unitOf } from "./definition.ts";
import { part, within } from "./parts.ts";

export const warmup = defineSchedule({
  summary: "A straight line up to where another schedule begins, then that one over the rest of the run.",
  paper: "Goyal et al. 2017, arXiv:1706.02677, section 2.2",
  rule: [
    "lr_t = s(0) (startFactor + (1 - startFactor) t / length)   while t < length",
    "lr_t = s(t - length)                                      then, s the inner schedule",
  ],
  params: {
    length: int(required, "[0, inf)", "How long it takes, in the unit of the schedule that follows."),
    inner: part("What follows; it starts anew when the warm-up is over."),
    startFactor: num(0, "[0, 1]", "Share of its first rate that the warm-up begins at."),
  },
  positional: "length",
  second: "inner",
  unit: ({ inner }) => unitOf(inner),
  monitors: ({ inner }) => monitorsOf(inner),
  at: ({ length, inner, startFactor }, { t, total, baseLr, ...place }) => {
    const unit = unitOf(inner);
    const after = within(place, unit, length, total - length);
    if (t >= length) return scheduleAt(inner, baseLr, after);
    const first = scheduleAt(inner, baseLr, { ...after, step: 0, seen: [] });
    return { ...first, lr: first.lr * (startFactor + ((1 - startFactor) * t) / length) };
  },
});
