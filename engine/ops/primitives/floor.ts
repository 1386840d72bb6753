import { unaryOp } from "../elementwise.ts";

export const floor = unaryOp("floor", "floor", {
  summary: "Largest integer that is not above x.",
  reference: (x) => Math.floor(x),
});
