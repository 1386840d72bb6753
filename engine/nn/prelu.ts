import { ShapeError } from "../errors/index.ts";
import { init } from "../init/index.ts";
import { greater, mul, reshape, select } from "../ops/index.ts";
import { int, num } from "../params/index.ts";
import { show } from "../tensor/index.ts";
import { defineLayer } from "./definition.ts";

/** x [N, C, ...], weight [1] or [C]  ->  x above 0, weight x below; the derivative at 0 is weight. */
export const prelu = defineLayer({
  summary: "x above 0, and below it x times a slope that is learned: one for all, or one for each channel (axis 1).",
  paper: "He, Zhang, Ren & Sun 2015, arXiv:1502.01852, equation 1",
  params: {
    numParameters: int(1, "[1, inf)", "Learned slopes: 1, or as many as there are channels."),
    init: num(0.25, "(-inf, inf)", "The slopes at first."),
  },
  positional: "numParameters",
  apply: (scope, x, { numParameters, init: first }) => {
    const channels = x.rank > 1 ? (x.shape[1] as number) : 1;
    if (numParameters !== 1 && numParameters !== channels) {
      throw new ShapeError(
        `numParameters ${numParameters} is neither 1 nor the ${channels} channels of ${show(x.shape)} (axis 1)`,
      );
    }
    const weight = scope.parameter("weight", [numParameters], init.constant(first));
    const slope = reshape(weight, [numParameters, ...x.shape.slice(2).map(() => 1)]);
    return select(greater(x, 0), x, mul(x, slope));
  },
});
