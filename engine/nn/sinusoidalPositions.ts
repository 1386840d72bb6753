import { add, cast, cos, equal, exp, iota, mod, mul, select, sin, sub } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { requireAxes } from "./shapes.ts";

/**
 * x [N, T, E]  ->  x + P, with P[t, 2i] = sin(t / base^(2i / E)) and P[t, 2i + 1] = cos(t / base^(2i / E))
 *
 * Nothing is learned, and any length fits.
 */
export const sinusoidalPositions = defineLayer({
  summary: "Adds waves of falling frequency to the places of a sequence, by which a model can tell them apart.",
  paper: "Vaswani et al. 2017, arXiv:1706.03762, section 3.5",
  params: { base: num(10000, "(1, inf)", "The slowest wave is about base times as long as the fastest.") },
  apply: (_scope, x, { base }) => {
    requireAxes(x, 3, 3, "[examples, places, features]");
    const [, places, features] = x.shape as [number, number, number];
    const shape = [places, features];
    const feature = iota(shape, 1);
    const odd = mod(feature, 2);
    const power = mul(cast(sub(feature, odd), "f32"), -Math.log(base) / features);
    const angle = mul(cast(iota(shape, 0), "f32"), exp(power));
    return add(x, select(equal(odd, 0), sin(angle), cos(angle)));
  },
});
