import { ConfigError } from "../errors/index.ts";
import { add, div, exp, minimum, mul, sqrt, sub } from "../ops/index.ts";
import { nums, perAxis, required } from "../params/index.ts";
import { between } from "./chance.ts";
import { defineAugmentation } from "./definition.ts";
import { columnsOf, requireImages, resize, rowsOf, sample } from "./geometry.ts";

/** Torchvision draws a box anew when it does not fit, ten times; here its sides end at the image's. */
export const randomResizedCrop = defineAugmentation({
  summary:
    "A part of each image of an area and a shape drawn by chance, resized; the whole image resized in evaluation.",
  paper: "Szegedy et al. 2015, arXiv:1409.4842, section 6; as torchvision.transforms.RandomResizedCrop",
  params: {
    size: perAxis(2, required, "[1, inf)", "Height and width of the result."),
    scale: nums([0.08, 1], "(0, 1]", "Least and largest share of the image's area."),
    ratio: nums([3 / 4, 4 / 3], "(0, inf)", "Least and largest width / height."),
  },
  positional: "size",
  validate: ({ scale, ratio }) => {
    if (scale[0] > scale[1] || ratio[0] > ratio[1]) {
      throw new ConfigError("randomResizedCrop: scale and ratio are each [least, largest]");
    }
  },
  apply: (draws, x, { size, scale, ratio }) => {
    if (!draws.training) return resize(x, size);
    const [, , h, w] = requireImages(x);
    const area = mul(between(draws, x, scale[0], scale[1]), h * w);
    const shape = exp(between(draws, x, Math.log(ratio[0]), Math.log(ratio[1])));
    const height = minimum(sqrt(div(area, shape)), h);
    const width = minimum(sqrt(mul(area, shape)), w);
    const place = (position: ReturnType<typeof rowsOf>, length: typeof height, of: number, to: number) => {
      const first = mul(sub(of, length), between(draws, x, 0, 1));
      const at = sub(add(first, mul(add(position, 0.5), div(length, to))), 0.5);
      return at.maximum(0).minimum(of - 1);
    };
    const rows = place(rowsOf(size[0]), height, h, size[0]);
    const columns = place(columnsOf(size[1]), width, w, size[1]);
    return sample(x, rows, columns, { interpolation: "bilinear", fill: 0 });
  },
});
