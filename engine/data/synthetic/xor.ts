import { defineSynthetic, examplesParam, noiseParam, points, seedParam } from "./definition.ts";

/** Corners (-1, -1), (1, 1) are class 0, (-1, 1), (1, -1) class 1. */
export const xor = defineSynthetic({
  summary: "Four clouds in the corners of a square, opposite ones of one class: what a single layer cannot do.",
  paper: "Minsky & Papert 1969, Perceptrons",
  params: { n: examplesParam(200), noise: noiseParam(0.3, "both coordinates"), seed: seedParam },
  make: (options, draws) =>
    points(options, 2, draws, (label, place) => {
      const side = place % 2 === 0 ? 1 : -1;
      return [side, label === 0 ? side : -side];
    }),
});
