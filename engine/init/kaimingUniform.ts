import { defineInit } from "./definition.ts";
import { drawUniform } from "./draw.ts";
import { kaimingParams, kaimingStd } from "./kaiming.ts";

export const kaimingUniform = defineInit({
  summary: "U(-b, b) with b = gain sqrt(3 / fan). With a = sqrt(5) it is PyTorch's default for linear and conv layers.",
  paper: "He, Zhang, Ren & Sun 2015, arXiv:1502.01852, equation 10",
  rule: ["w ~ U(-b, b),   b = gain sqrt(3 / fan)"],
  params: kaimingParams,
  sample: (target, options) => {
    const bound = Math.sqrt(3) * kaimingStd(target, options);
    return drawUniform(target, -bound, bound);
  },
});
