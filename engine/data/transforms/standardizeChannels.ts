import { DataError } from "../../errors/index.ts";
import { sizeOf } from "../../tensor/index.ts";
import { collecting, eachValue, Moments, orOne } from "./collectors.ts";
import { defineTransform, type Rows, type Statistics } from "./definition.ts";

/** f(x, channel) of every value of [count, channels, ...]. */
const eachChannel = (rows: Rows, channels: number, f: (x: number, channel: number) => number): Rows => {
  const inner = rows.width / channels;
  return eachValue(rows, (x, c) => f(x, Math.floor(c / inner)));
};

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
    const moments = new Moments(channels);
    return collecting(
      ({ count, width, data }) => {
        for (let i = 0; i < count * width; i++) moments.put(Math.floor((i % width) / inner), data[i] as number);
      },
      () => ({
        mean: moments.mean,
        std: orOne(moments.variance.map(Math.sqrt), (s, c) => s <= 1e-12 * Math.abs(moments.mean[c] as number)),
      }),
    );
  },
  apply: (rows, { mean, std }) =>
    eachChannel(rows, lengthOf(mean), (x, c) => (x - (mean?.[c] as number)) / (std?.[c] as number)),
  invert: (rows, { mean, std }) =>
    eachChannel(rows, lengthOf(mean), (x, c) => x * (std?.[c] as number) + (mean?.[c] as number)),
});

const lengthOf = (mean: Statistics[string] | undefined): number => (mean as Float64Array).length;
