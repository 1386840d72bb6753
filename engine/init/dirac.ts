import { ShapeError } from "../errors/index.ts";
import { int } from "../params/index.ts";
import { show, sizeOf } from "../tensor/index.ts";
import { defineInit } from "./definition.ts";

export const dirac = defineInit({
  summary: "A convolution that passes its input channels on: 1 at the middle of the kernel, 0 elsewhere.",
  params: { groups: int(1, "[1, inf)", "Groups of the convolution; each passes its own channels on.") },
  sample: ({ shape, size }, { groups }) => {
    const [out = 0, into = 0, ...kernel] = shape;
    if (kernel.length < 1 || kernel.length > 3) {
      throw new ShapeError(`dirac: ${show(shape)} is not the weight [out, in, kernel...] of a convolution`);
    }
    if (out % groups !== 0) throw new ShapeError(`dirac: ${out} output channels do not split into ${groups} groups`);
    const values = new Float32Array(size);
    const field = sizeOf(kernel);
    const middle = kernel.reduce((at, k) => at * k + Math.floor(k / 2), 0);
    const perGroup = out / groups;
    for (let o = 0; o < out; o++) {
      const channel = o % perGroup;
      if (channel < into) values[(o * into + channel) * field + middle] = 1;
    }
    return values;
  },
});
