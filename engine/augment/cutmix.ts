import { cast, floor, maximum, mean, minimum, mul, reshape, select, sqrt, sub } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineAugmentation } from "./definition.ts";
import { box, requireImages } from "./geometry.ts";
import { partnersOf, symmetricBeta } from "./mixing.ts";

export const cutmix = defineAugmentation({
  summary:
    "A box of every image is that of another of the batch, and its target as much of theirs as the box of the area.",
  paper: "Yun et al. 2019, arXiv:1905.04899, equations 1 and 2; as torchvision's reference RandomCutmix",
  params: { alpha: num(1, "(0, inf)", "The share outside of the box is drawn from Beta(alpha, alpha).") },
  positional: "alpha",
  mix: (draws, x, { alpha }) => {
    const [, , height, width] = requireImages(x);
    const half = mul(sqrt(sub(1, symmetricBeta(draws, alpha))), 0.5);
    const edges = (length: number) => {
      const centre = floor(mul(reshape(draws.uniform([1]), []), length));
      const reach = floor(mul(half, length));
      const from = maximum(sub(centre, reach), 0);
      return { from, length: sub(minimum(centre.add(reach), length), from) };
    };
    const [rows, columns] = [edges(height), edges(width)];
    const inside = box(x, { top: rows.from, left: columns.from, height: rows.length, width: columns.length });
    return { x: select(inside, partnersOf(x), x), share: sub(1, mean(cast(inside, "f32"))) };
  },
});
