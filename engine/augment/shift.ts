import { nums } from "../params/index.ts";
import { whole } from "./chance.ts";
import { defineAugmentation } from "./definition.ts";
import { affine, requireImages } from "./geometry.ts";
import { sampled } from "./shared.ts";

export const shift = defineAugmentation({
  summary: "Images moved by whole pixels drawn by chance, to either side and up or down.",
  params: { pixels: nums([2, 2], "[0, inf)", "Largest move to the side, and up or down."), fill: sampled.fill },
  positional: "pixels",
  apply: (draws, x, { pixels, fill }) => {
    requireImages(x);
    if (!draws.training) return x;
    const [side, up] = pixels.map(Math.floor) as [number, number];
    const [shiftX, shiftY] = [whole(draws, x, -side, side), whole(draws, x, -up, up)];
    return affine(x, { shiftX, shiftY }, { interpolation: "nearest", fill });
  },
});
