import type { Dataset } from "../../data/index.ts";
import { ConfigError } from "../../errors/index.ts";
import { ints, optional, required } from "../../params/index.ts";
import type { Picture } from "../../protocol/index.ts";
import { show } from "../../tensor/index.ts";

/** How examples are laid out as pictures. */
export interface PictureShape {
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
}

export const imageShapeParam = optional(
  ints(
    required,
    "[1, inf)",
    "Shape of the pictures, [height, width] or [channels, height, width], for examples that lie flat. Pictures [C, H, W] and rows of unnamed squares such as 8 x 8 are known as such.",
  ),
);

/** Fewer columns are not taken for pixels: 16 unnamed numbers are seldom a picture. */
const FEWEST_PIXELS = 49;

/**
 * The shape of a set's examples as pictures: as `given`, or [1 or 3, H, W] as they are, or a square of unnamed columns (x0, x1 ...
 * or pixel0, pixel1 ...). Undefined: they are no pictures. Throws ConfigError when `given` does not fit.
 */
export function pictureShape(set: Dataset, given: readonly number[] | null, what: string): PictureShape | undefined {
  const own = set.x.shape.slice(1);
  const size = own.reduce((n, d) => n * d, 1);
  if (given !== null) {
    const [width = 1, height = 1, channels = 1] = [...given].reverse();
    if (given.length < 2 || given.length > 3 || (channels !== 1 && channels !== 3)) {
      throw new ConfigError(
        `${what}: imageShape = ${show(given)} is not [height, width] or [channels, height, width] with 1 or 3 channels`,
      );
    }
    if (channels * height * width !== size) {
      throw new ConfigError(
        `${what}: imageShape = ${show(given)} does not fit examples ${show(own)}, which have ${size} values`,
      );
    }
    return { channels, height, width };
  }
  const [channels, height = 1, width = 1] = own;
  if (own.length === 3 && (channels === 1 || channels === 3)) return { channels, height, width };
  if (own.length > 1) return undefined;
  const side = Math.round(Math.sqrt(size));
  const unnamed = set.featureNames.every((name) => /^(x|pixel|px|col|feature)?_?\d+$/i.test(name));
  return unnamed && side * side === size && size >= FEWEST_PIXELS
    ? { channels: 1, height: side, width: side }
    : undefined;
}

/** Smallest and largest value of a tensor, which become black and white. */
export function extent(values: ArrayLike<number>): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i] as number);
    high = Math.max(high, values[i] as number);
  }
  return [low, high];
}

/** Values of one picture, channel by channel as models take them, as bytes in base64, pixel by pixel. `range` becomes 0 to 255. */
export function pixelsOf(
  values: ArrayLike<number>,
  { channels, height, width }: PictureShape,
  [low, high]: readonly [number, number],
): Pick<Picture, "width" | "height" | "channels" | "pixels"> {
  const bytes = new Uint8Array(values.length);
  const plane = height * width;
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < plane; i++) {
      const share = ((values[c * plane + i] as number) - low) / (high - low || 1);
      bytes[i * channels + c] = Math.round(255 * Math.min(1, Math.max(0, share)));
    }
  }
  return { width, height, channels, pixels: Buffer.from(bytes).toString("base64") };
}

/** Example `i` of a set as its values. */
export function example(set: Dataset, i: number): ArrayLike<number> {
  const size = set.x.size / set.size;
  return set.x.data.subarray(i * size, (i + 1) * size);
}
