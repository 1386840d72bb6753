import { loss } from "../../../../engine/losses/index.ts";
import { logSoftmax } from "../../../../engine/ops/index.ts";
import type { Node, Operators } from "./node.ts";

/** Options of both losses. ONNX's classes lie along axis 1. */
const options = (node: Node) => {
  const weight = node.numbers(2);
  return {
    dim: 1,
    reduction: node.attribute<"mean" | "sum" | "none">("reduction", "mean"),
    ...(node.has("ignore_index") ? { ignoreIndex: node.attribute("ignore_index", 0) } : {}),
    ...(weight ? { weight } : {}),
  };
};

export const losses: Operators = {
  NegativeLogLikelihoodLoss: (node) => {
    const { definition, options: given } = loss.nll(options(node));
    return definition.compute({ output: node.x(0), target: node.x(1) }, given);
  },
  SoftmaxCrossEntropyLoss: (node) => {
    const { definition, options: given } = loss.crossEntropy(options(node));
    return [definition.compute({ output: node.x(0), target: node.x(1) }, given), logSoftmax(node.x(0), 1)];
  },
};
