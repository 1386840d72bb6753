import { ShapeError } from "../errors/index.ts";
import { add, einsum } from "../ops/index.ts";
import { int, required } from "../params/index.ts";
import { sameShape, show } from "../tensor/index.ts";
import { defineLayer } from "./definition.ts";
import { biasInit, weightAndBias } from "./initial.ts";
import { requireAxes } from "./shapes.ts";

/** x [..., in1], x2 [..., in2], weight [out, in1, in2], bias [out]  ->  y[o] = sum over i, j of x[i] weight[o, i, j] x2[j] + bias[o] */
export const bilinear = defineLayer({
  summary: "Every output is a weighted sum of all products of an element of one input and one of another.",
  paper: "Tenenbaum & Freeman 2000, Separating Style and Content with Bilinear Models, equation 1",
  params: { outFeatures: int(required, "[1, inf)", "Number of outputs."), ...weightAndBias },
  positional: "outFeatures",
  inputs: { x2: "The other input, [..., in2]; the first one again when not given." },
  apply: (scope, x, { outFeatures, weight, bias }, { x2 = x }) => {
    requireAxes(x, 1, Infinity, "[..., features]");
    requireAxes(x2, 1, Infinity, "[..., features]");
    if (!sameShape(x.shape.slice(0, -1), x2.shape.slice(0, -1))) {
      throw new ShapeError(`${show(x.shape)} and x2 ${show(x2.shape)} differ beside the last axis`);
    }
    const [in1, in2] = [x.shape.at(-1) as number, x2.shape.at(-1) as number];
    const fan = { fanIn: in1, fanOut: outFeatures }; // PyTorch's bound for both is 1 / sqrt(in1)
    const y = einsum("...i,oij,...j->...o", x, scope.parameter("weight", [outFeatures, in1, in2], weight, fan), x2);
    const initial = biasInit(bias);
    return initial ? add(y, scope.parameter("bias", [outFeatures], initial, fan)) : y;
  },
});
