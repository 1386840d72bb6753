import { defineWorkload, wholeBatches } from "../workload.ts";
import { perceptron } from "./pieces.ts";

export const deepTanh = defineWorkload({
  id: "deepTanh",
  title: "deep MLP with tanh, SGD with momentum",
  goal: null,
  sizes: {
    features: { value: 64, doc: "numbers of an example" },
    width: { value: 128, doc: "width of every hidden layer" },
    depth: { value: 8, doc: "hidden layers" },
    classes: { value: 10, doc: "classes" },
    batch: { value: 256, doc: "examples of a step" },
    examples: { value: 8192, doc: "examples on the device" },
  },
  job: ({ features, width, depth, classes, batch, examples }) => ({
    layers: perceptron([features, ...Array<number>(depth).fill(width), classes], [{ layer: "tanh" }]),
    data: { kind: "classes", shape: [features], classes },
    loss: "crossEntropy",
    optimizer: { kind: "sgd", lr: 0.01, momentum: 0.9 },
    batch,
    examples: wholeBatches(examples, batch),
    watch: false,
  }),
});
