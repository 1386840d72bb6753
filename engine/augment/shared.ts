import { choice, num } from "../params/index.ts";

/** Options that several augmentations have. */

export const probability = (value: number) => num(value, "[0, 1]", "Probability that an example is changed.");

export const sampled = {
  interpolation: choice(
    "bilinear",
    ["bilinear", "nearest"],
    "How pixels between pixels are made; torchvision's default is nearest.",
  ),
  fill: num(0, "(-inf, inf)", "What lies outside of the image."),
};
