import { ConfigError } from "../errors/index.ts";
import { div, exp, floor, minimum, mul, sqrt, sub, type Tensor } from "../ops/index.ts";
import { choice, either, num, nums } from "../params/index.ts";
import { between, sometimes } from "./chance.ts";
import { defineAugmentation } from "./definition.ts";
import { erase, requireImages } from "./geometry.ts";
import { gaussian } from "./noise.ts";
import { probability } from "./shared.ts";

/** Torchvision draws a box anew when it does not fit, ten times; here its sides end one pixel within the image. */
export const erasing = defineAugmentation({
  summary: "A box of each image, of an area and a shape drawn by chance, is painted over, with probability p.",
  paper: "Zhong et al. 2020, arXiv:1708.04896, Algorithm 1; as torchvision.transforms.RandomErasing",
  params: {
    p: probability(0.5),
    scale: nums([0.02, 0.33], "[0, 1]", "Least and largest share of the image's area."),
    ratio: nums([0.3, 3.3], "(0, inf)", "Least and largest height / width."),
    value: either(
      num(0, "(-inf, inf)", 'What it is painted with; "random" is noise of deviation 1.'),
      choice("random", ["random"], ""),
    ),
  },
  validate: ({ scale, ratio }) => {
    if (scale[0] > scale[1] || ratio[0] > ratio[1])
      throw new ConfigError("erasing: scale and ratio are each [least, largest]");
  },
  apply: (draws, x, { p, scale, ratio, value }) => {
    const [, , h, w] = requireImages(x);
    return sometimes(draws, x, p, () => {
      const area = mul(between(draws, x, scale[0], scale[1]), h * w);
      const shape = exp(between(draws, x, Math.log(ratio[0]), Math.log(ratio[1])));
      const side = (length: Tensor, most: number) => minimum(floor(length.add(0.5)), most);
      const height = side(sqrt(mul(area, shape)), Math.max(1, h - 1));
      const width = side(sqrt(div(area, shape)), Math.max(1, w - 1));
      const first = (of: number, length: Tensor) => floor(mul(between(draws, x, 0, 1), sub(of + 1, length)));
      const place = { top: first(h, height), left: first(w, width), height, width };
      return erase(x, place, value === "random" ? gaussian(draws, x.shape) : value);
    });
  },
});
