import { DataError } from "../../errors/index.ts";
import { sizeOf } from "../../tensor/index.ts";
import { collecting, Moments, orOne } from "./collectors.ts";
import { defineTransform } from "./definition.ts";

/**
 *   (x - mean) / std per channel of images [C, H, W], over all pixels of the training examples (population deviation)
 *
 * What torchvision's Normalize does with figures computed here. Throws DataError for examples without channels.
 */
export const standardizeChannels = defineTransform({
  summary: "Every channel of images to mean 0 and deviation 1 over all pixels of the training examples.",
  paper: "torchvision's Normalize, with mean and deviation computed",
  params: {},
  of: "all",
  collect: ({ shape }) => {
    const [channels = 1, ...image] = shape;
    if (shape.length < 2) {
      throw new DataError(
        `standardizeChannels: an example [${shape.join(", ")}] has no channels; reshape it to [C, H, W] first, or standardize`,
      );
    }
    const inner = sizeOf(image);
    const moments = new Moments(channels, inner);
    return collecting(
      (rows) => moments.add(rows),
      () => ({
        mean: moments.mean,
        std: orOne(moments.variance.map(Math.sqrt), (s, c) => s <= 1e-12 * Math.abs(moments.mean[c] as number)),
      }),
    );
  },
  each: (_, { mean, std }) => {
    const [m, s] = [mean as Float64Array, std as Float64Array];
    return {
      groups: m.length,
      change: (x, c) => (x - (m[c] as number)) / (s[c] as number),
      invert: (x, c) => x * (s[c] as number) + (m[c] as number),
    };
  },
});
