import { ConfigError } from "../errors/index.ts";
import { num, optional, required } from "../params/index.ts";
import { defineSchedule, per } from "./definition.ts";

export const exponential = defineSchedule({
  summary: "lr * gamma^t; or by per cent, lr * (1 - percent / 100)^t.",
  rule: ["lr_t = lr gamma^t", "     = lr (1 - percent / 100)^t"],
  params: {
    gamma: optional(num(required, "[0, inf)", "Factor of each step or epoch.")),
    percent: optional(num(required, "[0, 100]", "What each takes away, in per cent: 5 is a gamma of 0.95.")),
    per: per("epoch"),
  },
  validate: ({ gamma, percent }) => {
    if ((gamma === null) === (percent === null)) {
      throw new ConfigError(
        `exponential: gamma and percent are ${gamma === null ? "both missing" : "both given"}; give one`,
      );
    }
  },
  at: ({ gamma, percent }, { t, baseLr }) => baseLr * (gamma ?? 1 - (percent ?? 0) / 100) ** t,
});
