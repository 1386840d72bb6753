import { int, nums } from "../../params/index.ts";
import { defineSynthetic, examplesParam, noiseParam, seedParam } from "./definition.ts";

/**
 * Images [1, size, size] of 1/2 + 1/2 sin(2 pi f (u cos a + v sin a) + phase) + noise, u and v from 0 to 1 over width and height
 *
 * The class is the direction a = pi class / classes; frequency (waves per image) and phase are drawn.
 */
export const gratings = defineSynthetic({
  summary: "Images of stripes, a class for each direction; frequency and phase are drawn.",
  paper: "Hubel & Wiesel 1959, Journal of Physiology 148",
  params: {
    n: examplesParam(400),
    classes: int(4, "[2, 36]", "Directions, evenly over half a turn."),
    size: int(16, "[2, 512]", "Pixels of a side."),
    frequency: nums([2, 4], "(0, inf)", "Fewest and most waves per image."),
    noise: noiseParam(0.1, "every pixel, whose values are 0 to 1"),
    seed: seedParam,
  },
  make: ({ n, classes, size, frequency: [few, many], noise }, draws) => {
    const [drawn, phases] = [draws.uniform(n), draws.uniform(n)];
    const pixels = size * size;
    const y = Int32Array.from({ length: n }, (_, i) => i % classes);
    const x = draws.normal(n * pixels).map((z, i) => {
      const row = Math.floor(i / pixels);
      const a = (Math.PI * (y[row] as number)) / classes;
      const [u, v] = [(i % size) / size, Math.floor((i % pixels) / size) / size];
      const waves = few + (drawn[row] as number) * (many - few);
      const at = 2 * Math.PI * (waves * (u * Math.cos(a) + v * Math.sin(a)) + (phases[row] as number));
      return 0.5 + 0.5 * Math.sin(at) + noise * z;
    });
    const names = Array.from({ length: classes }, (_, c) => `${Math.round((180 * c) / classes)} degrees`);
    return { x, y, shape: [1, size, size], classes: names };
  },
});
