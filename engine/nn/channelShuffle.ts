import { ShapeError } from "../errors/index.ts";
import { reshape, transpose } from "../ops/index.ts";
import { int, required } from "../params/index.ts";
import { show } from "../tensor/index.ts";
import { defineLayer } from "./definition.ts";
import { requireAxes } from "./shapes.ts";

/** [N, G C, ...] -> [N, C G, ...]: channel g C + c becomes channel c G + g. */
export const channelShuffle = defineLayer({
  summary: "The first channels of all groups, then the second ones, and so on: groups exchange what they know.",
  paper: "Zhang, Zhou, Lin & Sun 2018, arXiv:1707.01083, section 3.1",
  params: { groups: int(required, "[1, inf)", "Groups of neighbouring channels.") },
  positional: "groups",
  apply: (_scope, x, { groups }) => {
    requireAxes(x, 2, 5, "[N, C, ...]");
    const [n, channels, ...rest] = x.shape as [number, number, ...number[]];
    if (channels % groups !== 0) {
      throw new ShapeError(`the ${channels} channels of ${show(x.shape)} do not divide into ${groups} groups`);
    }
    return reshape(transpose(reshape(x, [n, groups, channels / groups, ...rest]), 1, 2), x.shape);
  },
});
