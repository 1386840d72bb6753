import { ConfigError } from "../errors/index.ts";
import { floor } from "../ops/index.ts";
import { num, nums } from "../params/index.ts";
import { between } from "./chance.ts";
import { defineAugmentation } from "./definition.ts";
import { requireImages, affine as transformed } from "./geometry.ts";
import { sampled } from "./shared.ts";

const RADIANS = Math.PI / 180;

export const affine = defineAugmentation({
  summary: "Images turned, shifted, scaled and sheared at once, each by an amount drawn by chance.",
  paper: "Simard, Steinkraus & Platt 2003, ICDAR; as torchvision.transforms.RandomAffine",
  params: {
    degrees: num(0, "[0, 180]", "Largest angle, either way."),
    translate: nums([0, 0], "[0, 1]", "Largest shift, as shares of the width and of the height; by whole pixels."),
    scale: nums([1, 1], "(0, inf)", "Least and largest factor of size."),
    shear: nums([0, 0], "[0, 90)", "Largest angle of shear along x and along y, in degrees, either way."),
    ...sampled,
  },
  validate: ({ scale }) => {
    if (scale[0] > scale[1]) throw new ConfigError(`affine: scale = [${scale.join(", ")}] is [least, largest]`);
  },
  apply: (draws, x, { degrees, translate, scale, shear, ...sampling }) => {
    const [, , height, width] = requireImages(x);
    if (!draws.training) return x;
    const either = (most: number) => (most === 0 ? 0 : between(draws, x, -most, most));
    const pixels = (most: number) => {
      const drawn = either(most);
      return typeof drawn === "number" ? drawn : floor(drawn.add(0.5));
    };
    const how = {
      angle: either(degrees * RADIANS),
      shiftX: pixels(translate[0] * width),
      shiftY: pixels(translate[1] * height),
      scale: scale[0] === scale[1] ? scale[0] : between(draws, x, scale[0], scale[1]),
      shearX: either(shear[0] * RADIANS),
      shearY: either(shear[1] * RADIANS),
    };
    return transformed(x, how, sampling);
  },
});
