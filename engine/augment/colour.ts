import { ShapeError } from "../errors/index.ts";
import {
  add,
  concat,
  div,
  equal,
  floor,
  maximum,
  mean,
  minimum,
  mul,
  type Operand,
  pow,
  select,
  slice,
  sub,
  type Tensor,
} from "../ops/index.ts";
import { requireImages } from "./geometry.ts";

/** Colours in [0, 1]; factors are numbers or [N, 1, 1, 1]. As torchvision.transforms.functional on float images. */

const within = (x: Tensor): Tensor => minimum(maximum(x, 0), 1);

/** factor of x and 1 - factor of `other`, kept within [0, 1]. */
const blend = (x: Tensor, other: Operand, factor: Operand): Tensor =>
  within(add(mul(x, factor), mul(other, sub(1, factor))));

/** 0 is black, 1 leaves x. */
export const adjustBrightness = (x: Tensor, factor: Operand): Tensor => within(mul(x, factor));

/** 0 is the mean gray of each image, 1 leaves x. */
export const adjustContrast = (x: Tensor, factor: Operand): Tensor =>
  blend(x, mean(isColour(x) ? grayscale(x) : x, [1, 2, 3], { keepdims: true }), factor);

/** 0 is gray, 1 leaves x. */
export const adjustSaturation = (x: Tensor, factor: Operand): Tensor =>
  isColour(x) ? blend(x, grayscale(x), factor) : x;

const isColour = (x: Tensor): boolean => requireImages(x)[1] === 3;

function channels(x: Tensor): readonly [r: Tensor, g: Tensor, b: Tensor] {
  const [, count] = requireImages(x);
  if (count !== 3) throw new ShapeError(`takes images of 3 channels, red, green and blue, not ${count}`);
  return [slice(x, 1, 0, 1), slice(x, 1, 1, 2), slice(x, 1, 2, 3)];
}

/** 0.2989 red + 0.587 green + 0.114 blue: [N, 1, H, W]. */
export function grayscale(x: Tensor): Tensor {
  const [r, g, b] = channels(x);
  return add(add(mul(r, 0.2989), mul(g, 0.587)), mul(b, 0.114));
}

/** Hues moved by `factor` of the circle, -0.5 to 0.5; by hue, saturation and value. */
export function adjustHue(x: Tensor, factor: Operand): Tensor {
  const [r, g, b] = channels(x);
  const top = maximum(maximum(r, g), b);
  const bottom = minimum(minimum(r, g), b);
  const range = sub(top, bottom);
  const gray = equal(range, 0);
  const saturation = div(range, select(gray, 1, top));
  const unit = select(gray, 1, range);
  const [toR, toG, toB] = [div(sub(top, r), unit), div(sub(top, g), unit), div(sub(top, b), unit)];
  const sixth = select(
    equal(top, r),
    sub(toB, toG),
    select(equal(top, g), sub(add(2, toR), toB), sub(add(4, toG), toR)),
  );
  const turned = add(div(sixth, 6), factor);
  const hue = mul(sub(turned, floor(turned)), 6);
  // a channel of a hue h is value - value saturation max(0, min(k, 4 - k, 1)), k = (n + h) mod 6: n 5 red, 3 green, 1 blue
  const channel = (n: number): Tensor => {
    const k = sub(add(hue, n), mul(6, floor(div(add(hue, n), 6))));
    return sub(top, mul(mul(top, saturation), maximum(0, minimum(minimum(k, sub(4, k)), 1))));
  };
  return within(concat([channel(5), channel(3), channel(1)], 1));
}

/** gain x^power, kept within [0, 1]. */
export const gamma = (x: Tensor, power: number, gain = 1): Tensor => within(mul(pow(x, power), gain));
