import { int, num } from "../../params/index.ts";
import { defineSynthetic, examplesParam, seedParam } from "./definition.ts";

/** Centres drawn evenly in [-box, box]^features, normal clouds around them; classes take turns. scikit-learn's make_blobs. */
export const blobs = defineSynthetic({
  summary: "Normal clouds around centres that are drawn, a class each.",
  paper: "scikit-learn's make_blobs",
  params: {
    n: examplesParam(300),
    classes: int(3, "[1, 1000]", "Clouds."),
    features: int(2, "[1, 10000]", "Numbers of an example."),
    std: num(1, "[0, inf)", "Deviation of every cloud along every axis."),
    box: num(10, "[0, inf)", "Centres lie within -box and box."),
    seed: seedParam,
  },
  make: ({ n, classes, features, std, box }, draws) => {
    const centres = draws.uniform(classes * features).map((u) => box * (2 * u - 1));
    const off = draws.normal(n * features);
    const y = Int32Array.from({ length: n }, (_, i) => i % classes);
    const x = off.map((z, i) => {
      const label = y[Math.floor(i / features)] as number;
      return (centres[label * features + (i % features)] as number) + std * z;
    });
    return { x, y, shape: [features], classes };
  },
});
