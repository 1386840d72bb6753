import { erf as erfOf } from "../../backends/interpret.ts";
import { add, erf, exp, mul, sigmoid, sub } from "../arithmetic.ts";
import { dtypeError } from "../elementwise.ts";
import type { OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";

interface Attrs extends Readonly<Record<string, unknown>> {
  /** "none": s = Phi(x) by the error function; "tanh": s = (1 + tanh(u)) / 2, which is sigmoid(2 u). */
  readonly approximate: "none" | "tanh";
}

const CUBIC = 0.044715;
/** 2 u = SCALE (x + CUBIC x^3). */
const SCALE = 2 * Math.sqrt(2 / Math.PI);

/** s: the share of a standard normal distribution below x. */
const share = (x: Tensor, { approximate }: Attrs): Tensor =>
  approximate === "none"
    ? add(mul(erf(mul(x, Math.SQRT1_2)), 0.5), 0.5)
    : sigmoid(mul(x, add(mul(mul(x, x), SCALE * CUBIC), SCALE)));

/**
 * x s(x). An op of its own because its gradient, s + x s'(x), needs nothing but x and s: of the steps in between, which
 * are cheap to take again, nothing is kept.
 */
export const gelu: OpRecord<Attrs> = {
  summary: "x times the share of a standard normal distribution that lies below x.",
  infer: (inputs) => {
    const x = inputs[0] as Tensor;
    if (x.dtype !== "f32") throw dtypeError("gelu", x, ["f32"]);
    return { shape: x.shape, dtype: "f32" };
  },
  grad: ({ inputs, attrs, g }) => {
    const x = inputs[0] as Tensor;
    const s = share(x, attrs);
    const slope =
      attrs.approximate === "none"
        ? mul(exp(mul(mul(x, -0.5), x)), 1 / Math.sqrt(2 * Math.PI))
        : mul(mul(s, sub(1, s)), add(mul(mul(x, 3 * SCALE * CUBIC), x), SCALE));
    return [mul(g, add(s, mul(x, slope)))];
  },
  batch: ([x], _mapped, attrs) => apply("gelu", [x as Tensor], attrs),
  reference: ([x], { approximate }) =>
    Float64Array.from(x?.data ?? [], (v) => {
      const tail = approximate === "none" ? erfOf(v * Math.SQRT1_2) : Math.tanh((SCALE / 2) * (v + CUBIC * v ** 3));
      return v * 0.5 * (1 + tail);
    }),
  lower: { kind: "expand", to: ([x], attrs) => mul(x as Tensor, share(x as Tensor, attrs)) },
};
