import { defineWorkload, wholeBatches } from "../workload.ts";
import { perceptron, relu } from "./pieces.ts";

export const autoencoder = defineWorkload({
  id: "autoencoder",
  title: "MLP autoencoder with ReLU, mean squared error, Adam",
  goal: null,
  sizes: {
    features: { value: 784, doc: "numbers of an example" },
    hidden: { value: [128, 32, 128], doc: "widths of the hidden layers" },
    batch: { value: 128, doc: "examples of a step" },
    examples: { value: 8192, doc: "examples on the device" },
  },
  job: ({ features, hidden, batch, examples }) => ({
    layers: perceptron([features, ...hidden, features], [relu]),
    data: { kind: "values", shape: [features] },
    loss: "mse",
    optimizer: { kind: "adam", lr: 1e-3 },
    batch,
    examples: wholeBatches(examples, batch),
    watch: false,
  }),
});
