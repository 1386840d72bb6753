import { equal, log, mul, pow as power, select, sub } from "../arithmetic.ts";
import { binaryOp } from "../elementwise.ts";

export const pow = binaryOp("pow", "pow", {
  summary: "a^b. Its derivative in b counts as 0 where a = 0.",
  cost: "costly",
  takes: ["f32"],
  grad: ({ a, b, y, g }) => {
    const flat = equal(b, 0); // a^-1 times 0 would be NaN at a = 0
    const toA = mul(b, power(a, select(flat, 1, sub(b, 1))));
    const zero = equal(a, 0);
    const toB = mul(y, log(select(zero, 1, a)));
    return [mul(g, toA), mul(g, toB)];
  },
  reference: (a, b) => a ** b,
});
