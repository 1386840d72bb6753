import { int, num } from "../../params/index.ts";
import { defineSynthetic, examplesParam, noiseParam, seedParam } from "./definition.ts";

/** y = w . x + bias + noise, x and w normal. scikit-learn's make_regression. */
export const line = defineSynthetic({
  summary: "A linear function of normally distributed columns, for regression.",
  paper: "scikit-learn's make_regression",
  params: {
    n: examplesParam(200),
    features: int(1, "[1, 10000]", "Columns."),
    bias: num(0, "(-inf, inf)", "The function at 0."),
    noise: noiseParam(0.1, "the target"),
    seed: seedParam,
  },
  make: ({ n, features, bias, noise }, draws) => {
    const w = draws.normal(features);
    const x = draws.normal(n * features);
    const y = draws
      .normal(n)
      .map((z, i) => w.reduce((sum, v, k) => sum + v * (x[i * features + k] as number), bias) + noise * z);
    return { x, y, shape: [features] };
  },
});
