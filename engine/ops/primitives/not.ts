import { unaryOp } from "../elementwise.ts";

export const not = unaryOp("not", "not", {
  summary: "True where x is false.",
  takes: "bool",
  reference: (x) => (x ? 0 : 1),
});
