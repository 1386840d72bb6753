import { defineWorkload, wholeBatches } from "../workload.ts";
import { perceptron, relu } from "./pieces.ts";

export const W4 = defineWorkload({
  id: "W4",
  title:
    "deep MLP: (linear, batch norm, ReLU) per layer, SGD; mean and deviation of every layer's activations, every step",
  goal: 2,
  sizes: {
    features: { value: 64, doc: "numbers of an example" },
    width: { value: 64, doc: "width of every hidden layer" },
    depth: { value: 20, doc: "hidden layers" },
    classes: { value: 10, doc: "classes" },
    batch: { value: 64, doc: "examples of a step" },
    examples: { value: 8192, doc: "examples on the device" },
  },
  job: ({ features, width, depth, classes, batch, examples }) => ({
    layers: perceptron(
      [features, ...Array<number>(depth).fill(width), classes],
      [{ layer: "batchNorm", features: width, axes: 2 }, relu],
    ),
    data: { kind: "classes", shape: [features], classes },
    loss: "crossEntropy",
    optimizer: { kind: "sgd", lr: 1e-3, momentum: 0 },
    batch,
    examples: wholeBatches(examples, batch),
    watch: true,
  }),
});
