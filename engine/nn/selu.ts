import { exponentialBelow } from "./curves.ts";
import { defineLayer } from "./definition.ts";
import { SELU_ALPHA, SELU_SCALE } from "./seluConstants.ts";

export const selu = defineLayer({
  summary:
    "elu scaled so that mean 0 and variance 1 are kept from layer to layer: 1.0507 x above 0, 1.7581 (e^x - 1) below.",
  paper: "Klambauer, Unterthiner, Mayr & Hochreiter 2017, arXiv:1706.02515, equation 2",
  params: {},
  apply: (_scope, x) => exponentialBelow(x, SELU_ALPHA * SELU_SCALE, 1, SELU_SCALE),
});
