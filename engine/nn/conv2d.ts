import { ConfigError, ShapeError } from "../errors/index.ts";
import { fans } from "../init/index.ts";
import { add, conv2d as convolve, reshape } from "../ops/index.ts";
import { choice, either, int, pair, required } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { biasInit, weightAndBias } from "./initial.ts";
import { requireAxes } from "./shapes.ts";

/**
 *   x [N, C, H, W], weight [O, C / groups, kh, kw], bias [O]  ->  [N, O, H', W']
 *   H' = floor((H + 2 * padding - dilation * (kh - 1) - 1) / stride) + 1, and W' alike
 */
export const conv2d = defineLayer({
  summary: "Small kernels slide over an image: 2-D cross-correlation, zero padded.",
  params: {
    outChannels: int(required, "[1, inf)", "Number of kernels, and so of output channels."),
    kernelSize: pair(required, "[1, inf)", "Height and width of a kernel."),
    stride: pair(1, "[1, inf)", "Steps of the kernel over the image."),
    padding: either(
      pair(0, "[0, inf)", 'Zeros around the image; "same" keeps its size (stride 1 only), "valid" is 0.'),
      choice("valid", ["same", "valid"], ""),
    ),
    dilation: pair(1, "[1, inf)", "Distance between neighbouring elements of a kernel."),
    groups: int(1, "[1, inf)", "Channels are cut into so many groups, each with its own kernels."),
    ...weightAndBias,
  },
  positional: "outChannels",
  validate: ({ outChannels, stride, padding, groups }) => {
    if (padding === "same" && stride.some((s) => s !== 1)) {
      throw new ConfigError(`conv2d: padding "same" takes stride 1, not [${stride.join(", ")}]`);
    }
    if (outChannels % groups !== 0) {
      throw new ConfigError(`conv2d: outChannels = ${outChannels} does not divide into ${groups} groups`);
    }
  },
  apply: (scope, x, { outChannels, kernelSize, stride, padding, dilation, groups, weight, bias }) => {
    requireAxes(x, 4, 4, "images [N, C, H, W]");
    const channels = x.shape[1] as number;
    if (channels % groups !== 0) throw new ShapeError(`${channels} channels do not divide into ${groups} groups`);
    const shape = [outChannels, channels / groups, ...kernelSize];
    const around = kernelSize.map((k, a): readonly [number, number] => {
      if (typeof padding !== "string") return [padding[a] as number, padding[a] as number];
      const all = padding === "same" ? (dilation[a] as number) * (k - 1) : 0;
      return [Math.floor(all / 2), Math.ceil(all / 2)]; // an odd one goes behind, as in PyTorch
    });
    const y = convolve(x, scope.parameter("weight", shape, weight), { stride, padding: around, dilation, groups });
    const initial = biasInit(bias);
    if (!initial) return y;
    return add(y, reshape(scope.parameter("bias", [outChannels], initial, fans(shape)), [outChannels, 1, 1]));
  },
});
