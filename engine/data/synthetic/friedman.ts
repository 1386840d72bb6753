import { int } from "../../params/index.ts";
import { defineSynthetic, examplesParam, noiseParam, seedParam } from "./definition.ts";

/** y = 10 sin(pi x0 x1) + 20 (x2 - 1/2)^2 + 10 x3 + 5 x4 + noise, x evenly in [0, 1): five columns matter, the others do not. */
export const friedman = defineSynthetic({
  summary: "A smooth function of five columns, among others that say nothing.",
  paper: "Friedman 1991, Multivariate Adaptive Regression Splines, section 4.3; scikit-learn's make_friedman1",
  params: {
    n: examplesParam(500),
    features: int(10, "[5, 10000]", "Columns; those from the sixth on say nothing."),
    noise: noiseParam(1, "the target"),
    seed: seedParam,
  },
  make: ({ n, features, noise }, draws) => {
    const x = draws.uniform(n * features);
    const y = draws.normal(n).map((z, i) => {
      const [a = 0, b = 0, c = 0, d = 0, e = 0] = x.subarray(i * features, i * features + 5);
      return 10 * Math.sin(Math.PI * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e + noise * z;
    });
    return { x, y, shape: [features] };
  },
});
