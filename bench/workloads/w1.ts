import { defineWorkload, wholeBatches } from "../workload.ts";
import { perceptron, relu } from "./pieces.ts";

export const W1 = defineWorkload({
  id: "W1",
  title: "MLP with ReLU, Adam",
  goal: 1.5,
  sizes: {
    features: { value: 784, doc: "numbers of an example" },
    hidden: { value: [256, 128], doc: "widths of the hidden layers" },
    classes: { value: 10, doc: "classes" },
    batch: { value: 128, doc: "examples of a step" },
    examples: { value: 8192, doc: "examples on the device" },
  },
  job: ({ features, hidden, classes, batch, examples }) => ({
    layers: perceptron([features, ...hidden, classes], [relu]),
    data: { kind: "classes", shape: [features], classes },
    loss: "crossEntropy",
    optimizer: { kind: "adam", lr: 1e-3 },
    batch,
    examples: wholeBatches(examples, batch),
    watch: false,
  }),
});
