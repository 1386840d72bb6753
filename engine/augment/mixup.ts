import { num } from "../params/index.ts";
import { defineAugmentation } from "./definition.ts";
import { mixture, symmetricBeta } from "./mixing.ts";

export const mixup = defineAugmentation({
  summary: "Every example becomes a mixture with another of the batch, and its target the same mixture of theirs.",
  paper: "Zhang, Cisse, Dauphin & Lopez-Paz 2018, arXiv:1710.09412, equation 1; as torchvision's reference RandomMixup",
  params: {
    alpha: num(
      0.2,
      "(0, inf)",
      "The share of a batch is drawn from Beta(alpha, alpha): small values mix little, 1 evenly.",
    ),
  },
  positional: "alpha",
  mix: (draws, x, { alpha }) => {
    const share = symmetricBeta(draws, alpha);
    return { x: mixture(x, share), share };
  },
});
