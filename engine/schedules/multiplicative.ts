import { func, required } from "../params/index.ts";
import { defineSchedule, per } from "./definition.ts";

type Factor = (t: number, total: number) => number;

/** The products of each function by the length of its run, f(1) f(2) ... f(t), as far as they were asked for. */
const products = new WeakMap<Factor, Map<number, number[]>>();

export const multiplicative = defineSchedule({
  summary:
    "Multiplies the rate by a function of your own at each t but the first: `schedule.multiplicative(() => 0.95)`.",
  rule: ["lr_0 = lr", "lr_t = lr_(t-1) factor(t)"],
  params: {
    factor: func<Factor>(required, "(t, total) => number", "Multiplies the rate that stood, at t of total."),
    per: per("epoch"),
  },
  positional: "factor",
  at: ({ factor }, { t, total, baseLr }) => {
    const own = products.get(factor) ?? new Map<number, number[]>();
    products.set(factor, own);
    const known = own.get(total) ?? [1];
    own.set(total, known);
    for (let k = known.length; k <= t; k++) known.push((known[k - 1] as number) * factor(k, total));
    return baseLr * (known[t] as number);
  },
});
