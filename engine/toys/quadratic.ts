import { add, mul, square } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineSurface } from "./definition.ts";

export const quadratic = defineSurface({
  summary: "A round bowl of one curvature: gradient descent converges exactly when its rate is below 2 / curvature.",
  paper: "Toussaint 2012, Some notes on gradient descent, section 1",
  params: { curvature: num(1, "(0, inf)", "Both eigenvalues of the Hessian.") },
  formula: ({ curvature }) => `${curvature / 2} (x^2 + y^2)`,
  domain: () => ({ x: [-3, 3], y: [-2, 2] }),
  start: () => [-2.4, 1.2],
  minima: () => [[0, 0]],
  loss: ({ x, y }, { curvature }) => mul(add(square(x), square(y)), curvature / 2),
});
