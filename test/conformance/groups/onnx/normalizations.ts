import { nn } from "../../../../engine/nn/index.ts";
import {
  add,
  broadcastTo,
  div,
  mean,
  mul,
  reshape,
  rsqrt,
  sqrt,
  sub,
  type Tensor,
  variance,
} from "../../../../engine/ops/index.ts";
import { through } from "./layer.ts";
import type { Node, Operators } from "./node.ts";

/** Axes from `axis` on. */
function lastAxes(node: Node): { axes: number[]; shape: readonly number[] } {
  const { shape, rank } = node.x();
  const axis = (node.attribute("axis", -1) + rank) % rank;
  return { axes: shape.map((_, i) => i).slice(axis), shape: shape.slice(axis) };
}

export const normalizations: Operators = {
  BatchNormalization: (node) => {
    const [x, weight, bias, runningMean, runningVariance] = node.all() as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const training = node.attribute("training_mode", 0) === 1;
    const layer = nn.batchNorm({ eps: node.attribute("epsilon", 1e-5) });
    const statistics = { running_mean: runningMean, running_var: runningVariance };
    const y = through(layer, x, { weight, bias, ...statistics }, training);
    if (!training) return y;
    const kept = node.attribute("momentum", 0.9); // ONNX keeps the biased variance
    const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
    const mix = (old: Tensor, batch: Tensor): Tensor => add(mul(old, kept), mul(batch, 1 - kept));
    return [y, mix(runningMean, mean(x, axes)), mix(runningVariance, variance(x, axes, { correction: 0 }))];
  },
  GroupNormalization: (node) => {
    const [x, scale, bias] = node.all() as [Tensor, Tensor, Tensor];
    const numGroups = node.attribute("num_groups", 1);
    const channels = x.shape[1] as number;
    // before version 21 there is one scale for each group
    const each = (v: Tensor): Tensor =>
      reshape(broadcastTo(reshape(v, [v.size, 1]), [v.size, channels / v.size]), [channels]);
    const layer = nn.groupNorm({ numGroups, eps: node.attribute("epsilon", 1e-5) });
    return through(layer, x, { weight: each(scale), bias: each(bias) });
  },
  InstanceNormalization: (node) => {
    const layer = nn.instanceNorm({ affine: true, eps: node.attribute("epsilon", 1e-5) });
    return through(layer, node.x(), { weight: node.x(1), bias: node.x(2) });
  },
  LayerNormalization: (node) => {
    const { axes, shape } = lastAxes(node);
    const x = node.x();
    const eps = node.attribute("epsilon", 1e-5);
    const bias = node.maybe(2);
    const layer = nn.layerNorm({ normalizedShape: shape, eps, bias: bias !== undefined });
    const y = through(layer, x, { weight: node.x(1), bias });
    const spread = variance(x, axes, { keepdims: true, correction: 0 });
    return [y, mean(x, axes, { keepdims: true }), rsqrt(add(spread, eps))];
  },
  LRN: (node) =>
    through(
      nn.localResponseNorm({
        size: node.attribute("size", 1),
        alpha: node.attribute("alpha", 1e-4),
        beta: node.attribute("beta", 0.75),
        k: node.attribute("bias", 1),
      }),
      node.x(),
    ),
  MeanVarianceNormalization: (node) => {
    const axes = node.attribute<readonly number[]>("axes", [0, 2, 3]);
    const x = node.x();
    const spread = sqrt(variance(x, axes, { keepdims: true, correction: 0 }));
    return div(sub(x, mean(x, axes, { keepdims: true })), spread);
  },
  RMSNormalization: (node) => {
    const layer = nn.rmsNorm({ normalizedShape: lastAxes(node).shape, eps: node.attribute("epsilon", 1e-5) });
    return through(layer, node.x(), { weight: node.x(1) });
  },
};
