import { ShapeError } from "../errors/index.ts";
import { reshape } from "../ops/index.ts";
import { bool, int, num, required } from "../params/index.ts";
import { show } from "../tensor/index.ts";
import { defineLayer } from "./definition.ts";
import { normalized, scaledPerChannel } from "./normalizing.ts";
import { requireAxes } from "./shapes.ts";

/** y = (x - mean) / sqrt(var + eps) * weight + bias of [N, C, ...]: statistics of each example's groups, weight and bias [C]. */
export const groupNorm = defineLayer({
  summary: "Each example's groups of channels to mean 0 and variance 1, then each channel scaled and shifted.",
  paper: "Wu & He 2018, arXiv:1803.08494, equation 7",
  params: {
    numGroups: int(required, "[1, inf)", "Groups of neighbouring channels; 1 takes all channels together."),
    eps: num(1e-5, "[0, inf)", "Added to the variance."),
    affine: bool(true, "Whether there are a weight (1 at first) and a bias (0 at first) for each channel."),
  },
  positional: "numGroups",
  apply: (scope, x, { numGroups, eps, affine }) => {
    requireAxes(x, 2, 5, "[N, C, ...]");
    const [n, channels, ...rest] = x.shape as [number, number, ...number[]];
    if (channels % numGroups !== 0) {
      throw new ShapeError(`the ${channels} channels of ${show(x.shape)} do not divide into ${numGroups} groups`);
    }
    const grouped = reshape(x, [n, numGroups, channels / numGroups, ...rest]);
    const y = reshape(normalized(grouped, grouped.shape.map((_, axis) => axis).slice(2), eps), x.shape);
    return affine ? scaledPerChannel(scope, y) : y;
  },
});
