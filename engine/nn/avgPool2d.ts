import { constant, div, pad, sum, windows } from "../ops/index.ts";
import { bool, int, optional } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { borders, checkPadding, pooled, poolingParams } from "./pooling.ts";

/** [N, C, H, W] -> [N, C, H', W'], sizes as in maxPool2d. What ceilMode adds behind the padding is never counted. */
export const avgPool2d = defineLayer({
  summary: "The mean of each window.",
  params: {
    ...poolingParams,
    countIncludePad: bool(true, "Whether the zeros of the padding count as elements."),
    divisorOverride: optional(int(1, "[1, inf)", "Divides the sums, in place of the number of elements.")),
  },
  positional: "kernelSize",
  validate: (options) => checkPadding("avgPool2d", options),
  apply: (_scope, x, { countIncludePad, divisorOverride, ...pooling }) => {
    const total = sum(pooled(x, pooling, 0), [-2, -1]);
    if (divisorOverride !== null) return div(total, divisorOverride);
    const { kernelSize: size, stride } = pooling;
    const { padding, extra } = borders(x, pooling);
    const whole = extra.every((e) => e === 0) && (countIncludePad || padding.every((p) => p === 0));
    if (whole) return div(total, size[0] * size[1]);
    const counted = padding.map((p) => (countIncludePad ? p : 0));
    const [h = 0, w = 0] = counted.map((p, a) => (x.shape[2 + a] as number) + 2 * p);
    const lo = padding.map((p, a) => p - (counted[a] as number));
    const hi = lo.map((p, a) => p + (extra[a] as number));
    const elements = pad(constant(1, [h, w]), { lo, hi });
    return div(
      total,
      sum(windows(elements, { axes: [0, 1], size, stride: stride ?? size, dilation: [1, 1] }), [-2, -1]),
    );
  },
});
