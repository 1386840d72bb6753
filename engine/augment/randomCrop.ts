import { ShapeError } from "../errors/index.ts";
import { add } from "../ops/index.ts";
import { choice, int, num, perAxis, required } from "../params/index.ts";
import { whole } from "./chance.ts";
import { defineAugmentation } from "./definition.ts";
import { centerCrop, columnsOf, padImages, requireImages, rowsOf, sample } from "./geometry.ts";

export const randomCrop = defineAugmentation({
  summary: "A part of each image at a place drawn by chance, of the image padded first; the middle in evaluation.",
  paper: "Krizhevsky, Sutskever & Hinton 2012, NeurIPS 25, section 4.1; as torchvision.transforms.RandomCrop",
  params: {
    size: perAxis(2, required, "[1, inf)", "Height and width of the part."),
    padding: int(0, "[0, inf)", "Pixels that are added on every side before."),
    paddingMode: choice("constant", ["constant", "edge", "reflect", "symmetric"], "What is added."),
    fill: num(0, "(-inf, inf)", "Added pixels where paddingMode is constant."),
  },
  positional: "size",
  apply: (draws, x, { size, padding, paddingMode, fill }) => {
    const padded = padImages(x, padding, paddingMode, fill);
    const [, , height, width] = requireImages(padded);
    const [down, right] = [height - size[0], width - size[1]];
    if (down < 0 || right < 0) {
      throw new ShapeError(
        `a part of ${size.join(" x ")} is larger than the image of ${height} x ${width}; take more padding`,
      );
    }
    if (!draws.training) return centerCrop(padded, size);
    const rows = add(rowsOf(size[0]), whole(draws, x, 0, down));
    const columns = add(columnsOf(size[1]), whole(draws, x, 0, right));
    return sample(padded, rows, columns, { interpolation: "nearest", fill });
  },
});
