import { add, square, sub } from "../ops/index.ts";
import { defineSurface } from "./definition.ts";

export const himmelblau = defineSurface({
  summary: "Four minima of loss 0: which one is found depends on the start and on the optimizer.",
  paper: "Himmelblau 1972, Applied Nonlinear Programming",
  params: {},
  formula: () => "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
  domain: () => ({ x: [-7, 7], y: [-5, 5] }),
  start: () => [-0.5, -1],
  minima: () => [
    [3, 2],
    [-2.805118086952745, 3.131312518250573],
    [-3.779310253377747, -3.28318599128617],
    [3.5844283403304917, -1.8481265269644034],
  ],
  loss: ({ x, y }) => add(square(sub(add(square(x), y), 11)), square(sub(add(x, square(y)), 7))),
});
