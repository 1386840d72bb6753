import { ShapeError } from "../errors/index.ts";
import { add, div, mean, mul, reshape, sqrt, sub, variance } from "../ops/index.ts";
import { bool, num } from "../params/index.ts";
import { show } from "../tensor/index.ts";
import { defineLayer } from "./definition.ts";
import { normalized, perChannel, scaledPerChannel } from "./normalizing.ts";
import { requireAxes } from "./shapes.ts";

/**
 * y = (x - mean) / sqrt(var + eps), per example and channel of [N, C, L], [N, C, H, W] or [N, C, D, H, W]
 *
 * PyTorch's InstanceNorm1d, 2d and 3d. With trackRunningStats training keeps the means over the examples of mean and unbiased
 * variance, running = (1 - momentum) running + momentum batch, and evaluation normalizes with those.
 */
export const instanceNorm = defineLayer({
  summary: "Each channel of each example to mean 0 and variance 1.",
  paper: "Ulyanov, Vedaldi & Lempitsky 2016, arXiv:1607.08022, equation 4",
  params: {
    eps: num(1e-5, "[0, inf)", "Added to the variance."),
    momentum: num(0.1, "[0, 1]", "Weight of the batch in the running statistics."),
    affine: bool(false, "Whether there are a weight (1 at first) and a bias (0 at first) for each channel."),
    trackRunningStats: bool(false, "Whether evaluation uses running statistics."),
  },
  apply: (scope, x, { eps, momentum, affine, trackRunningStats }) => {
    requireAxes(x, 3, 5, "[N, C, L], [N, C, H, W] or [N, C, D, H, W]");
    const channels = x.shape[1] as number;
    const axes = x.shape.map((_, axis) => axis).slice(2);
    const count = x.size / channels / (x.shape[0] as number);
    if (scope.training && count === 1) {
      throw new ShapeError(`${show(x.shape)} has one value per channel and example, and so no variance`);
    }
    let y = normalized(x, axes, eps);
    if (trackRunningStats) {
      const runningMean = scope.buffer("running_mean", [channels], 0);
      const runningVar = scope.buffer("running_var", [channels], 1);
      scope.buffer("num_batches_tracked", [], 0, "i32"); // PyTorch has it, and does not count
      if (scope.training) {
        const keep = (name: string, old: typeof x, fresh: typeof x): void =>
          scope.update(name, add(mul(old, 1 - momentum), mul(reshape(fresh, [channels]), momentum)));
        keep("running_mean", runningMean, mean(mean(x, axes), 0));
        keep("running_var", runningVar, mean(variance(x, axes), 0));
      } else {
        const scale = div(1, sqrt(add(runningVar, eps)));
        y = mul(sub(x, perChannel(runningMean, x)), perChannel(scale, x));
      }
    }
    return affine ? scaledPerChannel(scope, y) : y;
  },
});
