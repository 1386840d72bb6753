import { perAxis, required } from "../params/index.ts";
import { defineAugmentation } from "./definition.ts";
import { centerCrop as middle } from "./geometry.ts";

export const centerCrop = defineAugmentation({
  summary: "The middle of each image, in training and in evaluation.",
  paper: "as torchvision.transforms.CenterCrop",
  params: { size: perAxis(2, required, "[1, inf)", "Height and width of the middle.") },
  positional: "size",
  apply: (_draws, x, { size }) => middle(x, size),
});
