import { int, num, optional, required } from "../params/index.ts";
import { defineSchedule, per } from "./definition.ts";

export const linearTo = defineSchedule({
  summary: "(1 - t / tau) lr + (t / tau) end up to tau, then end for good.",
  paper: "Goodfellow, Bengio & Courville 2016, Deep Learning, equation 8.14",
  rule: ["alpha = min(1, t / tau)", "lr_t = (1 - alpha) lr + alpha end"],
  params: {
    end: optional(num(required, "[0, inf)", "Rate from tau on; 1 % of lr when not given.")),
    tau: int(100, "[1, inf)", "When it is reached: about 100 passes over the data."),
    per: per("epoch"),
  },
  at: ({ end, tau }, { t, baseLr }) => {
    const alpha = Math.min(1, t / tau);
    return (1 - alpha) * baseLr + alpha * (end ?? 0.01 * baseLr);
  },
});
