import { defineWorkload, wholeBatches } from "../workload.ts";
import { convNorm, relu } from "./pieces.ts";

export const W2 = defineWorkload({
  id: "W2",
  title: "CNN: (conv 3x3, batch norm, ReLU, max pool 2) per width, linear; SGD with momentum",
  goal: 1.5,
  sizes: {
    picture: { value: [1, 28, 28], doc: "channels, height and width; both divide by 2 for every width" },
    widths: { value: [16, 32], doc: "channels of the convolutions" },
    classes: { value: 10, doc: "classes" },
    batch: { value: 64, doc: "pictures of a step" },
    examples: { value: 4096, doc: "pictures on the device" },
  },
  job: ({ picture, widths, classes, batch, examples }) => {
    const [channels = 1, height = 1, width = 1] = picture;
    const through = [channels, ...widths];
    const shape = [through.at(-1) as number, height / 2 ** widths.length, width / 2 ** widths.length];
    return {
      layers: [
        ...widths.flatMap((to, i) => [
          ...convNorm(through[i] as number, to),
          relu,
          { layer: "maxPool", size: 2 } as const,
        ]),
        { layer: "flatten", shape },
        { layer: "linear", from: shape.reduce((a, b) => a * b), to: classes },
      ],
      data: { kind: "classes", shape: picture, classes },
      loss: "crossEntropy",
      optimizer: { kind: "sgd", lr: 1e-3, momentum: 0.9 },
      batch,
      examples: wholeBatches(examples, batch),
      watch: false,
    };
  },
});
