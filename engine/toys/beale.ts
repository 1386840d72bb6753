import { add, mul, square, sub } from "../ops/index.ts";
import { defineSurface } from "./definition.ts";

export const beale = defineSurface({
  summary: "Almost flat in the middle, with steep walls in the corners and one minimum at (3, 0.5).",
  paper: "Beale 1958, On an iterative method for finding a local minimum of a function of more than one variable",
  params: {},
  formula: () => "(1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2",
  domain: () => ({ x: [-2.5, 5], y: [-2.5, 2.5] }),
  start: () => [1, 1.5],
  minima: () => [[3, 0.5]],
  loss: ({ x, y }) => {
    const squared = square(y);
    const term = (height: number, power: typeof y) => square(add(sub(mul(x, power), x), height));
    return add(add(term(1.5, y), term(2.25, squared)), term(2.625, mul(squared, y)));
  },
});
