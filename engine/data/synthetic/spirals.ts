import { int, num } from "../../params/index.ts";
import { defineSynthetic, examplesParam, noiseParam, points, seedParam } from "./definition.ts";

/** Arms r (cos a, sin a), r evenly from 0 to 1, a = 2 pi (turns r + class / classes). */
export const spirals = defineSynthetic({
  summary: "Arms of a spiral, a class each: what a network with hidden layers is for.",
  paper: "Lang & Witbrock 1988, Learning to tell two spirals apart; Li & Karpathy, CS231n, Putting it together",
  params: {
    n: examplesParam(300),
    classes: int(3, "[2, 20]", "Arms."),
    turns: num(0.75, "(0, 10]", "Times that an arm goes around."),
    noise: noiseParam(0.02, "both coordinates"),
    seed: seedParam,
  },
  make: (options, draws) =>
    points(options, options.classes, draws, (label, place, of) => {
      const r = place / Math.max(1, of - 1);
      const a = 2 * Math.PI * (options.turns * r + label / options.classes);
      return [r * Math.cos(a), r * Math.sin(a)];
    }),
});
