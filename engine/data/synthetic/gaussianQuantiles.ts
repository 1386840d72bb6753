import { ConfigError } from "../../errors/index.ts";
import { int, num } from "../../params/index.ts";
import { defineSynthetic, examplesParam, seedParam } from "./definition.ts";

/** One normal cloud; by the distance from its middle the examples fall into classes of equal size. scikit-learn's make_gaussian_quantiles. */
export const gaussianQuantiles = defineSynthetic({
  summary: "One normal cloud cut into shells of equally many examples, a class each.",
  paper: "scikit-learn's make_gaussian_quantiles",
  params: {
    n: examplesParam(300),
    classes: int(3, "[2, 1000]", "Shells."),
    features: int(2, "[1, 10000]", "Numbers of an example."),
    std: num(1, "(0, inf)", "Deviation of the cloud along every axis."),
    seed: seedParam,
  },
  validate: ({ n, classes }) => {
    if (n >= classes) return;
    throw new ConfigError(
      `data.gaussianQuantiles: ${n} examples do not fill ${classes} classes; take n: ${classes} or more`,
    );
  },
  make: ({ n, classes, features, std }, draws) => {
    const x = draws.normal(n * features).map((z) => std * z);
    const far = Float64Array.from({ length: n }, (_, i) =>
      x.subarray(i * features, (i + 1) * features).reduce((s, v) => s + v * v, 0),
    );
    const order = Array.from(far.keys()).sort((a, b) => (far[a] as number) - (far[b] as number));
    const y = new Int32Array(n);
    for (const [place, i] of order.entries()) y[i] = Math.floor((place * classes) / n);
    return { x, y, shape: [features], classes };
  },
});
