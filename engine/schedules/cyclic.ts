import { bool, choice, func, int, num, optional, required } from "../params/index.ts";
import { defineSchedule, per } from "./definition.ts";

export const cyclic = defineSchedule({
  summary: "Straight up from baseLr to maxLr in stepSizeUp and down in stepSizeDown, again and again.",
  paper: "Smith 2017, arXiv:1506.01186, section 3",
  rule: [
    "c = floor(t / (stepSizeUp + stepSizeDown))   cycles that are over",
    "h = height within the cycle, from 0 to 1 and back",
    "lr_t = baseLr + (maxLr - baseLr) h s",
    "s = 1 (triangular), 2^-c (triangular2), gamma^t (expRange)",
  ],
  params: {
    maxLr: num(required, "[0, inf)", "Highest rate."),
    baseLr: optional(num(required, "[0, inf)", "Lowest rate; the optimizer's lr when not given.")),
    stepSizeUp: int(2000, "[1, inf)", "Length of the way up."),
    stepSizeDown: optional(int(required, "[1, inf)", "Length of the way down; that of the way up when not given.")),
    mode: choice(
      "triangular",
      ["triangular", "triangular2", "expRange"],
      "Height of later cycles: the same, halved each cycle, or times gamma^t.",
    ),
    gamma: num(1, "[0, inf)", "For expRange."),
    scale: optional(
      func<(x: number) => number>(
        required,
        "(x: number) => number",
        "Height of later cycles by a function of your own, in place of mode.",
      ),
    ),
    scaleMode: choice("cycle", ["cycle", "iterations"], "What scale is given: the number of the cycle, from 1, or t."),
    cycleMomentum: bool(true, "Drives momentum, or betas[0], the other way."),
    baseMomentum: num(0.8, "[0, 1)", "Momentum at the highest rate."),
    maxMomentum: num(0.9, "[0, 1)", "Momentum at the lowest."),
    per: per("step"),
  },
  at: ({ maxLr, baseLr, stepSizeUp, stepSizeDown, mode, gamma, scale, scaleMode, ...o }, { t, ...at }) => {
    const low = baseLr ?? at.baseLr;
    const length = stepSizeUp + (stepSizeDown ?? stepSizeUp);
    const cycle = Math.floor(t / length);
    const within = t - cycle * length;
    const height = within <= stepSizeUp ? within / stepSizeUp : (length - within) / (length - stepSizeUp);
    const byMode = mode === "triangular" ? 1 : mode === "triangular2" ? 2 ** -cycle : gamma ** t;
    const tall = height * (scale ? scale(scaleMode === "cycle" ? cycle + 1 : t) : byMode);
    const lr = low + (maxLr - low) * tall;
    if (!o.cycleMomentum) return { lr };
    return { lr, momentum: o.maxMomentum - (o.maxMomentum - o.baseMomentum) * tall };
  },
});
