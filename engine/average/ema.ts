import { num } from "../params/index.ts";
import { defineAverage } from "./definition.ts";

/**
 *   average <- decay average + (1 - decay) p after every step; the first p is copied
 *
 * Weights of n steps ago count decay^n: half of the average is younger than log(1/2) / log(decay) steps, 13.5 for 0.95.
 */
export const ema = defineAverage("step", {
  summary:
    "An exponential moving average of the weights (Polyak averaging with a decay), used in their place for testing.",
  paper: "Polyak & Juditsky 1992, SIAM J. Control Optim. 30(4); as torch.optim.swa_utils.get_ema_avg_fn",
  rule: ["average <- decay average + (1 - decay) p"],
  params: { decay: num(0.999, "[0, 1)", "What remains of the average at a step; 0.95 remembers about 20 steps.") },
  weight: (count, { decay }) => (count === 0 ? 1 : 1 - decay),
});
