import { add, div, mul, pad, pow, square, sum, windows } from "../ops/index.ts";
import { int, num, required } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { requireAxes } from "./shapes.ts";

/**
 *   y[c] = x[c] / (k + alpha / size * sum of x^2 over the size channels around c)^beta, of [N, C, ...]
 *
 * The sum divided by size is PyTorch's; the paper's has alpha alone. Channels outside the input are 0.
 */
export const localResponseNorm = defineLayer({
  summary: "Each element divided by a measure of its neighbours in the channels around, at the same place.",
  paper: "Krizhevsky, Sutskever & Hinton 2012, ImageNet Classification with Deep CNNs, section 3.3",
  params: {
    size: int(required, "[1, inf)", "Channels whose squares are taken together."),
    alpha: num(1e-4, "[0, inf)", "Weight of the mean of squares."),
    beta: num(0.75, "(-inf, inf)", "Power of the divisor."),
    k: num(1, "(0, inf)", "Added to the mean of squares."),
  },
  positional: "size",
  apply: (_scope, x, { size, alpha, beta, k }) => {
    requireAxes(x, 3, 5, "[N, C, ...]");
    const none = x.shape.map(() => 0);
    const around = { lo: none.with(1, Math.floor(size / 2)), hi: none.with(1, Math.floor((size - 1) / 2)) };
    const squares = windows(pad(square(x), around), { axes: [1], size: [size], stride: [1], dilation: [1] });
    return div(x, pow(add(mul(sum(squares, -1), alpha / size), k), beta));
  },
});
