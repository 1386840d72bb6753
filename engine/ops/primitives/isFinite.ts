import { unaryOp } from "../elementwise.ts";

const finite = unaryOp("isFinite", "isFinite", {
  summary: "True where x is neither infinite nor NaN.",
  gives: "bool",
  reference: (x) => (Number.isFinite(x) ? 1 : 0),
});

export { finite as isFinite };
