import { ShapeError } from "../errors/index.ts";
import { permute, reshape } from "../ops/index.ts";
import { int, required } from "../params/index.ts";
import { show } from "../tensor/index.ts";
import { defineLayer } from "./definition.ts";
import { requireImages } from "./shapes.ts";

/** [N, C r^2, H, W] -> [N, C, H r, W r]: y[c, h r + i, w r + j] = x[c r^2 + i r + j, h, w]. */
export const pixelShuffle = defineLayer({
  summary: "Channels become pixels: groups of r^2 channels are squares of r by r pixels.",
  paper: "Shi et al. 2016, arXiv:1609.05158, equation 4",
  params: { upscaleFactor: int(required, "[1, inf)", "r.") },
  positional: "upscaleFactor",
  apply: (_scope, x, { upscaleFactor: r }) => {
    requireImages(x, 2);
    const [n, channels, h, w] = x.shape as [number, number, number, number];
    const c = channels / r ** 2;
    if (!Number.isInteger(c))
      throw new ShapeError(`${channels} channels of ${show(x.shape)} are not ${r ** 2} times a number`);
    return reshape(permute(reshape(x, [n, c, r, r, h, w]), [0, 1, 4, 2, 5, 3]), [n, c, h * r, w * r]);
  },
});
