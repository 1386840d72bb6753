import { ShapeError } from "../errors/index.ts";
import { add } from "../ops/index.ts";
import { optional } from "../params/index.ts";
import { sameShape, show } from "../tensor/index.ts";
import { oneLayer } from "./children.ts";
import { defineLayer } from "./definition.ts";

/** y = shortcut(x) + inner(x), with x itself where there is no shortcut: the gradient reaches x past inner too. */
export const residual = defineLayer({
  summary: "A layer's output added to its input: a skip connection.",
  paper: "He, Zhang, Ren & Sun 2016, arXiv:1512.03385, equations 1 and 2",
  rule: ["y = x + inner(x)"],
  params: {
    inner: oneLayer("What is added to the input."),
    shortcut: optional(
      oneLayer("In place of the input, where inner changes its shape: a linear layer or convolution."),
    ),
  },
  positional: "inner",
  container: true,
  apply: (scope, x, { inner, shortcut }) => {
    const y = scope.child("inner", inner)(x);
    const around = shortcut ? scope.child("shortcut", shortcut)(x) : x;
    if (!sameShape(around.shape, y.shape)) {
      const hint = shortcut ? "" : "; give a shortcut that does the same";
      throw new ShapeError(`inner makes ${show(y.shape)}, and the sum takes ${show(around.shape)}${hint}`);
    }
    return add(around, y);
  },
});
