import { ConfigError } from "../errors/index.ts";
import { nums } from "../params/index.ts";
import { between } from "./chance.ts";
import { defineAugmentation } from "./definition.ts";
import { affine, requireImages } from "./geometry.ts";
import { sampled } from "./shared.ts";

export const scale = defineAugmentation({
  summary: "Images made larger or smaller about their centre by a factor drawn by chance; their size in pixels stays.",
  params: { factors: nums([0.8, 1.2], "(0, inf)", "Least and largest factor."), ...sampled },
  positional: "factors",
  validate: ({ factors }) => {
    if (factors[0] > factors[1]) throw new ConfigError(`scale: factors = [${factors.join(", ")}] is [least, largest]`);
  },
  apply: (draws, x, { factors, ...sampling }) => {
    requireImages(x);
    return draws.training ? affine(x, { scale: between(draws, x, factors[0], factors[1]) }, sampling) : x;
  },
});
