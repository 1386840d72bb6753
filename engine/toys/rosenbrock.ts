import { add, mul, square, sub } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineSurface } from "./definition.ts";

export const rosenbrock = defineSurface({
  summary: "A narrow, bent valley: easy to find, hard to follow to its lowest place.",
  paper: "Rosenbrock 1960, An automatic method for finding the greatest or least value of a function",
  params: {
    a: num(1, "[-1.4, 1.4]", "The minimum is at (a, a^2)."),
    b: num(100, "(0, inf)", "How steep the walls of the valley are."),
  },
  formula: ({ a, b }) => `(${a} - x)^2 + ${b} (y - x^2)^2`,
  domain: () => ({ x: [-2.25, 2.25], y: [-0.75, 2.25] }),
  start: () => [-1.2, 1],
  minima: ({ a }) => [[a, a * a]],
  loss: ({ x, y }, { a, b }) => add(square(sub(a, x)), mul(square(sub(y, square(x))), b)),
});
