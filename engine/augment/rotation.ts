import { num, required } from "../params/index.ts";
import { between } from "./chance.ts";
import { defineAugmentation } from "./definition.ts";
import { requireImages, rotate } from "./geometry.ts";
import { sampled } from "./shared.ts";

export const rotation = defineAugmentation({
  summary: "Images turned about their centre by an angle drawn from -degrees to degrees.",
  paper: "as torchvision.transforms.RandomRotation",
  params: { degrees: num(required, "[0, 180]", "Largest angle, either way."), ...sampled },
  positional: "degrees",
  apply: (draws, x, { degrees, ...sampling }) => {
    requireImages(x);
    if (!draws.training || degrees === 0) return x;
    const most = (degrees * Math.PI) / 180;
    return rotate(x, between(draws, x, -most, most), sampling);
  },
});
