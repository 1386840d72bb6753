import { abs, add, div, greater, less, mul, neg, select, sqrt, sub } from "../arithmetic.ts";
import { dtypeError } from "../elementwise.ts";
import type { OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";

/** Terms of the series of atan that 13 digits take for arguments up to tan(pi / 16). */
const TERMS = 10;

/**
 * atan(x) by pi / 2 - atan(1 / x) above 1, twice atan(x) = 2 atan(x / (1 + sqrt(1 + x^2))), and the series
 * x - x^3 / 3 + x^5 / 5 - ...: no backend needs a function of its own.
 */
export const atan: OpRecord = {
  summary: "Angle whose tangent is x, in (-pi / 2, pi / 2).",
  infer: (inputs) => {
    const x = inputs[0] as Tensor;
    if (x.dtype !== "f32") throw dtypeError("atan", x, ["f32"]);
    return { shape: x.shape, dtype: "f32" };
  },
  grad: ({ inputs: [x], g }) => [div(g, add(mul(x as Tensor, x as Tensor), 1))],
  batch: ([x]) => apply("atan", [x as Tensor]),
  reference: ([x]) => Float64Array.from(x?.data ?? [], Math.atan),
  lower: {
    kind: "expand",
    to: ([given]) => {
      const x = given as Tensor;
      const size = abs(x);
      const large = greater(size, 1);
      const quarter = halved(halved(select(large, div(1, size), size)));
      const square = mul(quarter, quarter);
      let series = mul(square, 0);
      for (let k = TERMS; k >= 1; k--) series = mul(square, sub(1 / (2 * k + 1), series));
      const angle = mul(mul(quarter, sub(1, series)), 4);
      const whole = select(large, sub(Math.PI / 2, angle), angle);
      return select(less(x, 0), neg(whole), whole);
    },
  },
};

const halved = (x: Tensor): Tensor => div(x, add(sqrt(add(mul(x, x), 1)), 1));
