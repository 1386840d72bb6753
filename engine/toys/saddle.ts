import { square, sub } from "../ops/index.ts";
import { defineSurface } from "./definition.ts";

export const saddle = defineSurface({
  summary:
    "A valley in x and a ridge in y: the gradient is 0 at (0, 0), which is no minimum; the loss falls for ever along y.",
  paper: "Dauphin et al. 2014, arXiv:1406.2572, section 2",
  params: {},
  formula: () => "x^2 - y^2",
  domain: () => ({ x: [-3, 3], y: [-2, 2] }),
  // not quite on the ridge, so that something pushes off it
  start: () => [-1.5, 0.01],
  minima: () => [],
  loss: ({ x, y }) => sub(square(x), square(y)),
});
