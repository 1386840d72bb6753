import { defineSynthetic, examplesParam, noiseParam, points, seedParam } from "./definition.ts";

/** (cos a, sin a) and (1 - cos a, 1/2 - sin a), a evenly from 0 to pi; scikit-learn's make_moons. */
export const moons = defineSynthetic({
  summary: "Two half circles that reach into each other: no straight line parts them.",
  paper: "scikit-learn's make_moons",
  params: { n: examplesParam(200), noise: noiseParam(0.1, "both coordinates"), seed: seedParam },
  make: (options, draws) =>
    points(options, 2, draws, (label, place, of) => {
      const a = (Math.PI * place) / Math.max(1, of - 1);
      return label === 0 ? [Math.cos(a), Math.sin(a)] : [1 - Math.cos(a), 0.5 - Math.sin(a)];
    }),
});
