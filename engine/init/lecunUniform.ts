import { defineInit } from "./definition.ts";
import { drawUniform } from "./draw.ts";

export const lecunUniform = defineInit({
  summary: "U(-b, b) with b = sqrt(3 / fanIn): variance 1 / fanIn.",
  paper: "LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, section 4.6",
  rule: ["w ~ U(-b, b),   b = sqrt(3 / fanIn)"],
  params: {},
  sample: (target) => drawUniform(target, -Math.sqrt(3 / target.fanIn), Math.sqrt(3 / target.fanIn)),
});
