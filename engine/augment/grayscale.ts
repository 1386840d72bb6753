import { broadcastTo } from "../ops/index.ts";
import { sometimes } from "./chance.ts";
import { grayscale as gray } from "./colour.ts";
import { defineAugmentation } from "./definition.ts";
import { probability } from "./shared.ts";

export const grayscale = defineAugmentation({
  summary: "Images without colour, still of three channels, with probability p.",
  paper: "as torchvision.transforms.RandomGrayscale",
  params: { p: probability(0.1) },
  positional: "p",
  apply: (draws, x, { p }) => sometimes(draws, x, p, () => broadcastTo(gray(x), x.shape)),
});
