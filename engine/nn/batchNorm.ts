import { ShapeError } from "../errors/index.ts";
import { init } from "../init/index.ts";
import { add, cast, div, mean, mul, reshape, sqrt, sub, type Tensor, variance } from "../ops/index.ts";
import { bool, nullable, num } from "../params/index.ts";
import { show } from "../tensor/index.ts";
import { defineLayer } from "./definition.ts";
import type { Scope } from "./scope.ts";
import { requireAxes } from "./shapes.ts";

/**
 *   y = (x - mean) / sqrt(var + eps) * weight + bias, per channel (axis 1) of [N, C], [N, C, L], [N, C, H, W] or [N, C, D, H, W]
 *
 * Training normalizes with the batch's mean and biased variance, and keeps running ones for evaluation (the variance
 * unbiased): running = (1 - momentum) running + momentum batch.
 */
export const batchNorm = defineLayer({
  summary:
    "Each channel to mean 0 and variance 1 over the batch, then scaled and shifted; running statistics in evaluation.",
  paper: "Ioffe & Szegedy 2015, arXiv:1502.03167, Algorithms 1 and 2",
  rule: ["y = gamma (x - mean) / sqrt(var + eps) + beta,   mean and var of the channel over the batch"],
  params: {
    eps: num(1e-5, "[0, inf)", "Added to the variance."),
    momentum: nullable(num(0.1, "[0, 1]", "Weight of the batch in the running statistics; null: their plain average.")),
    affine: bool(true, "Whether there are a weight (1 at first) and a bias (0 at first)."),
    trackRunningStats: bool(true, "Without running statistics evaluation uses the batch's too."),
  },
  apply: (scope, x, { eps, momentum, affine, trackRunningStats }) => {
    requireAxes(x, 2, 5, "[N, C], [N, C, L], [N, C, H, W] or [N, C, D, H, W]");
    const channels = x.shape[1] as number;
    const perChannel = (t: Tensor): Tensor => reshape(t, [channels, ...x.shape.slice(2).map(() => 1)]);
    const running = trackRunningStats ? runningStatistics(scope, channels) : undefined;

    let centred: Tensor;
    let spread: Tensor;
    if (scope.training || !running) {
      const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
      const count = x.size / channels;
      if (scope.training && count === 1) {
        throw new ShapeError(`${show(x.shape)} has one value per channel, and so no variance; use larger batches`);
      }
      const centre = mean(x, axes, { keepdims: true });
      centred = sub(x, centre);
      spread = variance(x, axes, { keepdims: true, correction: 0 });
      if (scope.training && running) keepRunning(scope, running, { mean: centre, variance: spread, count, momentum });
    } else {
      centred = sub(x, perChannel(running.mean));
      spread = perChannel(running.variance);
    }
    const scale = div(1, sqrt(add(spread, eps)));
    if (!affine) return mul(centred, scale);
    const weight = perChannel(scope.parameter("weight", [channels], init.ones()));
    const bias = perChannel(scope.parameter("bias", [channels], init.zeros()));
    return add(mul(centred, mul(scale, weight)), bias);
  },
});

interface Running {
  readonly mean: Tensor;
  readonly variance: Tensor;
  /** Batches so far, i32. */
  readonly batches: Tensor;
}

function runningStatistics(scope: Scope, channels: number): Running {
  return {
    mean: scope.buffer("running_mean", [channels], 0),
    variance: scope.buffer("running_var", [channels], 1),
    batches: scope.buffer("num_batches_tracked", [], 0, "i32"),
  };
}

function keepRunning(
  scope: Scope,
  running: Running,
  batch: { mean: Tensor; variance: Tensor; count: number; momentum: number | null },
): void {
  const batches = add(running.batches, 1);
  const weight = batch.momentum ?? div(1, cast(batches, "f32"));
  const mix = (old: Tensor, fresh: Tensor): Tensor => add(mul(old, sub(1, weight)), mul(fresh, weight));
  const unbiased = mul(batch.variance, batch.count / (batch.count - 1));
  scope.update("running_mean", mix(running.mean, reshape(batch.mean, running.mean.shape)));
  scope.update("running_var", mix(running.variance, reshape(unbiased, running.variance.shape)));
  scope.update("num_batches_tracked", batches);
}
