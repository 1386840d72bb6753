import { clamped } from "./curves.ts";
import { defineLayer } from "./definition.ts";

export const relu6 = defineLayer({
  summary: "x, held between 0 and 6; the derivative is 0 at both.",
  paper: "Krizhevsky 2010, Convolutional Deep Belief Networks on CIFAR-10",
  params: {},
  apply: (_scope, x) => clamped(x, 0, 6),
});
