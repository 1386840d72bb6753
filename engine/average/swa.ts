import { defineAverage } from "./definition.ts";

/**
 *   average <- average + (p - average) / (n + 1) for the weights p after an epoch, n of them taken before
 *
 * With `per: "step"` it is the plain average of Polyak and Ruppert. Goes well with a rate that stays high or cycles.
 */
export const swa = defineAverage("epoch", {
  summary: "Stochastic weight averaging: the plain average of the weights at the ends of epochs, from `start` on.",
  paper: "Izmailov et al. 2018, arXiv:1803.05407, Algorithm 1; as torch.optim.swa_utils.AveragedModel",
  rule: ["average <- average + (p - average) / (n + 1)   after n weights"],
  params: {},
  weight: (count) => 1 / (count + 1),
});
