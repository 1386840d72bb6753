import { num } from "../../params/index.ts";
import { defineSynthetic, examplesParam, noiseParam, seedParam } from "./definition.ts";

/** y = sin(2 pi frequency x) + noise, x evenly in [0, 1). */
export const sinusoid = defineSynthetic({
  summary: "A sine wave with noise, for regression: few examples show overfitting.",
  paper: "Bishop 2006, Pattern Recognition and Machine Learning, section 1.1",
  params: {
    n: examplesParam(100),
    frequency: num(1, "(0, inf)", "Waves between 0 and 1."),
    noise: noiseParam(0.1, "the target"),
    seed: seedParam,
  },
  make: ({ n, frequency, noise }, draws) => {
    const x = draws.uniform(n);
    const y = draws.normal(n).map((z, i) => Math.sin(2 * Math.PI * frequency * (x[i] as number)) + noise * z);
    return { x, y, shape: [1] };
  },
});
