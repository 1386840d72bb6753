import { unaryOp } from "../elementwise.ts";

export const sign = unaryOp("sign", "sign", {
  summary: "-1, 0 or 1.",
  reference: (x) => Math.sign(x),
});
