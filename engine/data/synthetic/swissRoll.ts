import { defineSynthetic, examplesParam, noiseParam, seedParam } from "./definition.ts";

/** (t cos t, 21 v, t sin t) with t = 1.5 pi (1 + 2 u), u and v evenly in [0, 1); the target is t. scikit-learn's make_swiss_roll. */
export const swissRoll = defineSynthetic({
  summary: "A rolled-up sheet in three dimensions; the target is the way along it.",
  paper: "Tenenbaum, de Silva & Langford 2000, Science 290; scikit-learn's make_swiss_roll",
  params: { n: examplesParam(500), noise: noiseParam(0, "all coordinates"), seed: seedParam },
  make: ({ n, noise }, draws) => {
    const t = draws.uniform(n).map((u) => 1.5 * Math.PI * (1 + 2 * u));
    const v = draws.uniform(n);
    const x = draws.normal(3 * n).map((z, i) => {
      const [a, b] = [t[Math.floor(i / 3)] as number, v[Math.floor(i / 3)] as number];
      return ([a * Math.cos(a), 21 * b, a * Math.sin(a)][i % 3] as number) + noise * z;
    });
    return { x, y: t, shape: [3] };
  },
});
