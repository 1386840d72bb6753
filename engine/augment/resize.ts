import { choice, perAxis, required } from "../params/index.ts";
import { defineAugmentation } from "./definition.ts";
import { resize as resized } from "./geometry.ts";

export const resize = defineAugmentation({
  summary: "Images in another size, in training and in evaluation.",
  paper: "as torchvision.transforms.Resize with antialias false",
  params: {
    size: perAxis(2, required, "[1, inf)", "Height and width."),
    interpolation: choice("bilinear", ["bilinear", "nearest"], "How pixels between pixels are made."),
  },
  positional: "size",
  apply: (_draws, x, { size, interpolation }) => resized(x, size, interpolation),
});
