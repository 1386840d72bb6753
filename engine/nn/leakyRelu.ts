import { greater, mul, select } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineLayer } from "./definition.ts";

export const leakyRelu = defineLayer({
  summary: "x above 0, and negativeSlope times x below; the derivative at 0 is negativeSlope.",
  paper: "Maas, Hannun & Ng 2013, Rectifier Nonlinearities Improve Neural Network Acoustic Models, section 2",
  params: { negativeSlope: num(0.01, "(-inf, inf)", "Slope below 0.") },
  positional: "negativeSlope",
  apply: (_scope, x, { negativeSlope }) => select(greater(x, 0), x, mul(x, negativeSlope)),
});
