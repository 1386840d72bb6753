import type { Tensor } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { between } from "./chance.ts";
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation } from "./colour.ts";
import { defineAugmentation } from "./definition.ts";
import { requireImages } from "./geometry.ts";

/** Torchvision draws the order of the four too; here it is always that of the options. */
export const colorJitter = defineAugmentation({
  summary:
    "Brightness, contrast, saturation and hue of each image changed by factors drawn by chance; colours lie in [0, 1].",
  paper: "Howard 2013, arXiv:1312.5402; as torchvision.transforms.ColorJitter",
  params: {
    brightness: num(0, "[0, inf)", "Factor drawn from 1 - brightness (0 at least) to 1 + brightness."),
    contrast: num(0, "[0, inf)", "Factor drawn from 1 - contrast (0 at least) to 1 + contrast."),
    saturation: num(0, "[0, inf)", "Factor drawn from 1 - saturation (0 at least) to 1 + saturation; of 3 channels."),
    hue: num(0, "[0, 0.5]", "Part of the circle of hues drawn from -hue to hue; of 3 channels."),
  },
  apply: (draws, x, { brightness, contrast, saturation, hue }) => {
    requireImages(x);
    if (!draws.training) return x;
    const changed = (y: Tensor, amount: number, change: (y: Tensor, factor: Tensor) => Tensor): Tensor =>
      amount === 0 ? y : change(y, between(draws, x, Math.max(0, 1 - amount), 1 + amount));
    const toned = changed(changed(x, brightness, adjustBrightness), contrast, adjustContrast);
    const full = changed(toned, saturation, adjustSaturation);
    return hue === 0 ? full : adjustHue(full, between(draws, x, -hue, hue));
  },
});
