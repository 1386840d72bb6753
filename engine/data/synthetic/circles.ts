import { num } from "../../params/index.ts";
import { defineSynthetic, examplesParam, noiseParam, points, seedParam } from "./definition.ts";

/** Radius 1 (class 0) and `factor` (class 1), evenly around; scikit-learn's make_circles. */
export const circles = defineSynthetic({
  summary: "A circle within another.",
  paper: "scikit-learn's make_circles",
  params: {
    n: examplesParam(200),
    noise: noiseParam(0.05, "both coordinates"),
    factor: num(0.5, "(0, 1)", "Radius of the inner circle; the outer has 1."),
    seed: seedParam,
  },
  make: (options, draws) =>
    points(options, 2, draws, (label, place, of) => {
      const a = (2 * Math.PI * place) / of;
      const radius = label === 0 ? 1 : options.factor;
      return [radius * Math.cos(a), radius * Math.sin(a)];
    }),
});
