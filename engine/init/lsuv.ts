import { ConfigError } from "../errors/index.ts";
import { bool, instance, int, num } from "../params/index.ts";
import { orthogonal } from "./orthogonal.ts";
import { defineStart } from "./start.ts";

export const lsuv = defineStart({
  summary:
    "Layer-sequential unit variance: orthonormal weights, then layer by layer divided by the deviation of what they give for a batch. For `fit({ from: init.lsuv() })`.",
  paper: "Mishkin & Matas 2016, arXiv:1511.06422, algorithm 1",
  params: {
    tolerance: num(0.01, "(0, 1)", "A layer is done when its variance is this near to 1; the paper takes 0.1."),
    iterations: int(10, "[1, inf)", "Looks at one layer at most."),
    examples: int(256, "[2, inf)", "Training examples of the batch; all of a smaller set."),
    orthonormal: bool(
      true,
      "Begins with orthonormal weights and biases of 0; otherwise with those that the model draws.",
    ),
  },
  start: async (model, { tolerance, iterations, orthonormal }) => {
    if (orthonormal) {
      for (const layer of model.layers) model.redraw(layer, instance("orthogonal", orthogonal, {}));
    }
    for (const layer of model.layers) {
      for (let i = 0; i < iterations; i++) {
        const variance = await model.variance(layer);
        if (Math.abs(variance - 1) <= tolerance) break;
        if (!(variance > 0 && variance < Infinity)) {
          const what = variance === 0 ? "gives one number for everything" : `has variance ${variance}`;
          throw new ConfigError(`lsuv: ${layer || "the model"} ${what}; look at the data and at the layers before it`);
        }
        model.scale(layer, 1 / Math.sqrt(variance));
      }
    }
  },
});
