import { div, greater, mul, select, spread, sqrt, square, sum } from "../ops/index.ts";
import { int, num, required } from "../params/index.ts";
import { axisOf } from "../tensor/index.ts";
import { defineRegularizer, on } from "./definition.ts";

/** Room for rounding: what was scaled down is within from then on. */
const EPS = 1e-6;

/**
 * After every update the incoming weights of each unit, w[i, ...], are scaled to length `norm` where they are longer. Axis 0 runs over the
 * units of linear layers and convolutions; of a transposed convolution axis 1 does. Keras's MaxNorm, which has its units last.
 */
export const maxNorm = defineRegularizer({
  summary: "A limit on the length of each unit's incoming weights, kept after every update.",
  paper: "Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov 2014, Dropout, section 5.1",
  params: {
    norm: num(required, "(0, inf)", "Longest that a unit's weights may be; 3 to 4 is usual with dropout."),
    axis: int(0, "(-inf, inf)", "Axis that runs over the units."),
    on,
  },
  positional: "norm",
  limit: (w, { norm, axis }) => {
    const units = axisOf("maxNorm", axis, w.rank);
    const others = w.shape.map((_, a) => a).filter((a) => a !== units);
    const length = spread(sqrt(sum(square(w), others)), w.shape, others);
    return select(greater(length, norm * (1 + EPS)), mul(w, div(norm, length)), w);
  },
});
