import { ShapeError } from "../errors/index.ts";
import { div, literal, reshape, sub, type Tensor } from "../ops/index.ts";
import { floats, required } from "../params/index.ts";
import { tensor } from "../tensor/index.ts";
import { defineAugmentation } from "./definition.ts";
import { requireImages } from "./geometry.ts";

/** (x - mean) / std for each channel. */
export function normalized(x: Tensor, mean: readonly number[], std: readonly number[]): Tensor {
  const [, channels] = requireImages(x);
  const perChannel = (name: string, given: readonly number[]) => {
    if (given.length !== channels) {
      throw new ShapeError(`${name} has ${given.length} numbers for images of ${channels} channels`);
    }
    return reshape(literal(tensor(given)), [1, channels, 1, 1]);
  };
  return div(sub(x, perChannel("mean", mean)), perChannel("std", std));
}

export const normalize = defineAugmentation({
  summary: "(x - mean) / std for each channel, in training and in evaluation.",
  paper:
    "as torchvision.transforms.Normalize; for CIFAR-10 mean [0.4914, 0.4822, 0.4465], std [0.2023, 0.1994, 0.2010]",
  params: {
    mean: floats(required, "(-inf, inf)", "One number for each channel."),
    std: floats(required, "(0, inf)", "One number for each channel."),
  },
  apply: (_draws, x, { mean, std }) => normalized(x, mean, std),
});
