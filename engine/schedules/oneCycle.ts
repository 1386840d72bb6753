import { bool, choice, int, num, optional, required } from "../params/index.ts";
import { defineSchedule, per } from "./definition.ts";

/** One way from a rate to another, from the end of the phase before up to step `end`. */
interface Phase {
  readonly end: number;
  readonly lr: readonly [number, number];
  readonly momentum: readonly [number, number];
}

export const oneCycle = defineSchedule({
  summary: "From maxLr / divFactor up to maxLr and down to almost nothing, once per run; momentum goes the other way.",
  paper: "Smith & Topin 2018, arXiv:1708.07120; as torch.optim.lr_scheduler.OneCycleLR",
  rule: [
    "maxLr / divFactor -> maxLr                            in the first pctStart of the steps",
    "maxLr -> maxLr / divFactor / finalDivFactor           in the rest",
  ],
  params: {
    maxLr: num(required, "(0, inf)", "Highest rate."),
    totalSteps: optional(int(required, "[1, inf)", "Length of the cycle; that of the run when not given.")),
    pctStart: num(0.3, "[0, 1]", "Fraction of the cycle that goes up."),
    annealStrategy: choice("cos", ["cos", "linear"], "Form of each way."),
    divFactor: num(25, "(0, inf)", "maxLr / first rate."),
    finalDivFactor: num(1e4, "(0, inf)", "First rate / last rate."),
    threePhase: bool(false, "Comes down to the first rate as long as it went up, then to the last."),
    cycleMomentum: bool(true, "Drives momentum, or betas[0], as well."),
    baseMomentum: num(0.85, "[0, 1)", "Momentum at the highest rate."),
    maxMomentum: num(0.95, "[0, 1)", "Momentum at the lowest."),
    per: per("step"),
  },
  at: (o, { t, total: run }) => {
    const total = o.totalSteps ?? run;
    const first = o.maxLr / o.divFactor;
    const last = first / o.finalDivFactor;
    const { baseMomentum: low, maxMomentum: high } = o;
    const up: Phase = { end: o.pctStart * total - 1, lr: [first, o.maxLr], momentum: [high, low] };
    const rest: Phase[] = o.threePhase
      ? [
          { end: 2 * o.pctStart * total - 2, lr: [o.maxLr, first], momentum: [low, high] },
          { end: total - 1, lr: [first, last], momentum: [high, high] },
        ]
      : [{ end: total - 1, lr: [o.maxLr, last], momentum: [low, high] }];
    const at = Math.min(t, total - 1);
    let start = 0;
    let phase = up;
    for (const next of rest) {
      if (at <= phase.end) break;
      start = phase.end;
      phase = next;
    }
    const way = phase.end > start ? (at - start) / (phase.end - start) : 1;
    const between = ([from, to]: readonly [number, number]) =>
      o.annealStrategy === "cos" ? to + ((from - to) / 2) * (1 + Math.cos(Math.PI * way)) : from + (to - from) * way;
    const lr = between(phase.lr);
    return o.cycleMomentum ? { lr, momentum: between(phase.momentum) } : { lr };
  },
});
