import { flip } from "../ops/index.ts";
import { sometimes } from "./chance.ts";
import { defineAugmentation } from "./definition.ts";
import { requireImages } from "./geometry.ts";
import { probability } from "./shared.ts";

export const vflip = defineAugmentation({
  summary: "Images mirrored, top and bottom exchanged, with probability p.",
  paper: "as torchvision.transforms.RandomVerticalFlip",
  params: { p: probability(0.5) },
  positional: "p",
  apply: (draws, x, { p }) => {
    requireImages(x);
    return sometimes(draws, x, p, () => flip(x, 2));
  },
});
