import { flatten as flat } from "../ops/index.ts";
import { int } from "../params/index.ts";
import { defineLayer } from "./definition.ts";

export const flatten = defineLayer({
  summary: "All axes from startDim on as one: [N, C, H, W] -> [N, C H W].",
  params: { startDim: int(1, "[0, inf)", "First axis that is joined.") },
  apply: (_scope, x, { startDim }) => (x.rank === startDim ? x : flat(x, startDim)),
});
