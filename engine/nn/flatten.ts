import { flatten as flat } from "../ops/index.ts";
import { int } from "../params/index.ts";
import { defineLayer } from "./definition.ts";

export const flatten = defineLayer({
  summary: "All axes from startDim to endDim as one: [N, C, H, W] -> [N, C H W].",
  params: {
    startDim: int(1, "(-inf, inf)", "First axis that is joined; below 0 it counts from the end."),
    endDim: int(-1, "(-inf, inf)", "Last axis that is joined."),
  },
  apply: (_scope, x, { startDim, endDim }) => (x.rank === startDim ? x : flat(x, startDim, endDim)),
});
