import type { Layer } from "../network.ts";
import { defineWorkload, wholeBatches } from "../workload.ts";
import { convNorm, relu } from "./pieces.ts";

export const residual = defineWorkload({
  id: "residual",
  title:
    "residual CNN: per width conv 3x3, batch norm, ReLU, a residual block of two such, max pool 2; mean pool, linear; Adam",
  goal: null,
  sizes: {
    picture: { value: [3, 32, 32], doc: "channels, height and width; both divide by 2 for every width" },
    widths: { value: [16, 32], doc: "channels of the stages" },
    classes: { value: 10, doc: "classes" },
    batch: { value: 32, doc: "pictures of a step" },
    examples: { value: 2048, doc: "pictures on the device" },
  },
  job: ({ picture, widths, classes, batch, examples }) => {
    const through = [picture[0] as number, ...widths];
    const stage = (to: number, i: number): Layer[] => [
      ...convNorm(through[i] as number, to),
      relu,
      { layer: "residual", inner: [...convNorm(to, to), relu, ...convNorm(to, to)] },
      relu,
      { layer: "maxPool", size: 2 },
    ];
    return {
      layers: [
        ...widths.flatMap(stage),
        { layer: "meanPool" },
        { layer: "linear", from: through.at(-1) as number, to: classes },
      ],
      data: { kind: "classes", shape: picture, classes },
      loss: "crossEntropy",
      optimizer: { kind: "adam", lr: 1e-3 },
      batch,
      examples: wholeBatches(examples, batch),
      watch: false,
    };
  },
});
