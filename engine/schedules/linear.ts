import { int, num } from "../params/index.ts";
import { defineSchedule, per } from "./definition.ts";

export const linear = defineSchedule({
  summary: "From lr * startFactor to lr * endFactor in totalIters, then constant: a warm-up by default.",
  rule: ["lr_t = lr (startFactor + (endFactor - startFactor) min(1, t / totalIters))"],
  params: {
    startFactor: num(1 / 3, "[0, 1]", "Multiplies lr at first."),
    endFactor: num(1, "[0, 1]", "Multiplies lr in the end."),
    totalIters: int(5, "[0, inf)", "How long it takes; with 0 it stays at the start, as PyTorch's."),
    per: per("epoch"),
  },
  at: ({ startFactor, endFactor, totalIters }, { t, baseLr }) => {
    const done = totalIters === 0 ? 0 : Math.min(t, totalIters) / totalIters;
    return baseLr * (startFactor + (endFactor - startFactor) * done);
  },
});
