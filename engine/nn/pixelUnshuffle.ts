import { ShapeError } from "../errors/index.ts";
import { permute, reshape } from "../ops/index.ts";
import { int, required } from "../params/index.ts";
import { show } from "../tensor/index.ts";
import { defineLayer } from "./definition.ts";
import { requireImages } from "./shapes.ts";

/** [N, C, H r, W r] -> [N, C r^2, H, W]: what pixelShuffle undoes. */
export const pixelUnshuffle = defineLayer({
  summary: "Pixels become channels: squares of r by r pixels are groups of r^2 channels.",
  paper: "Shi et al. 2016, arXiv:1609.05158, equation 4",
  params: { downscaleFactor: int(required, "[1, inf)", "r.") },
  positional: "downscaleFactor",
  apply: (_scope, x, { downscaleFactor: r }) => {
    requireImages(x, 2);
    const [n, c, ...size] = x.shape as [number, number, number, number];
    if (size.some((length) => length % r !== 0))
      throw new ShapeError(`${show(x.shape)} does not divide into squares of ${r}`);
    const [h, w] = size.map((length) => length / r) as [number, number];
    return reshape(permute(reshape(x, [n, c, h, r, w, r]), [0, 1, 3, 5, 2, 4]), [n, c * r ** 2, h, w]);
  },
});
