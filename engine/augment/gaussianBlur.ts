import { ConfigError } from "../errors/index.ts";
import {
  add,
  conv2d,
  div,
  exp,
  iota,
  mul,
  neg,
  type Operand,
  reshape,
  square,
  sub,
  sum,
  type Tensor,
} from "../ops/index.ts";
import { int, nums, required } from "../params/index.ts";
import { defineAugmentation } from "./definition.ts";
import { padImages, requireImages } from "./geometry.ts";

/** Each pixel the mean of its neighbours, weighted by a Gaussian of deviation `sigma` (pixels); mirrored at the edges. */
export function blur(x: Tensor, size: number, sigma: Operand): Tensor {
  const [n, channels, height, width] = requireImages(x);
  const away = sub(iota([size], 0, "f32"), (size - 1) / 2);
  const weights = exp(neg(div(square(away), mul(2, mul(sigma, sigma)))));
  const kernel = div(weights, sum(weights));
  const planes = reshape(padImages(x, (size - 1) / 2, "reflect"), [
    n * channels,
    1,
    height + size - 1,
    width + size - 1,
  ]);
  const across = conv2d(planes, reshape(kernel, [1, 1, 1, size]));
  return reshape(conv2d(across, reshape(kernel, [1, 1, size, 1])), [n, channels, height, width]);
}

export const gaussianBlur = defineAugmentation({
  summary: "Images of a batch blurred by a Gaussian whose deviation is drawn by chance.",
  paper: "as torchvision.transforms.GaussianBlur",
  params: {
    kernelSize: int(required, "[1, inf)", "Pixels that are averaged in a row, an odd number."),
    sigma: nums([0.1, 2], "(0, inf)", "Least and largest deviation, in pixels."),
  },
  positional: "kernelSize",
  validate: ({ kernelSize, sigma }) => {
    if (kernelSize % 2 === 0)
      throw new ConfigError(`gaussianBlur: kernelSize = ${kernelSize} is even and has no middle`);
    if (sigma[0] > sigma[1]) throw new ConfigError(`gaussianBlur: sigma = [${sigma.join(", ")}] is [least, largest]`);
  },
  apply: (draws, x, { kernelSize, sigma: [low, high] }) => {
    requireImages(x);
    if (!draws.training) return x;
    return blur(x, kernelSize, add(mul(reshape(draws.uniform([1]), []), high - low), low));
  },
});
