import { ShapeError } from "../errors/index.ts";
import { overlapped, pad, permute, reshape } from "../ops/index.ts";
import { perAxis, required } from "../params/index.ts";
import { show } from "../tensor/index.ts";
import { defineLayer } from "./definition.ts";
import { patchParams, patchShape } from "./patches.ts";
import { requireAxes } from "./shapes.ts";

/** [N, C kh kw, H' W'] -> [N, C, H, W], sums where windows overlap: the gradient of unfold. */
export const fold = defineLayer({
  summary: "Columns laid back as windows of an image, added up where they overlap.",
  params: { outputSize: perAxis(2, required, "[1, inf)", "Height and width of the image."), ...patchParams },
  positional: "outputSize",
  apply: (_scope, x, { outputSize, ...moves }) => {
    requireAxes(x, 3, 3, "columns [N, C kh kw, positions]");
    const [n, rows, positions] = x.shape as [number, number, number];
    const { kernelSize, dilation, padding, stride } = moves;
    const c = rows / (kernelSize[0] * kernelSize[1]);
    const [down, across] = patchShape(outputSize, moves);
    if (!Number.isInteger(c) || down < 1 || across < 1 || down * across !== positions) {
      throw new ShapeError(
        `${show(x.shape)} is not [N, C ${kernelSize.join(" ")}, ${down} ${across}], the windows of images of ${show(outputSize)}`,
      );
    }
    const patches = permute(reshape(x, [n, c, ...kernelSize, down, across]), [0, 1, 4, 5, 2, 3]);
    const lengths = outputSize.map((length, a) => length + 2 * (padding[a] as number));
    const whole = overlapped(patches, { axes: [2, 3], size: kernelSize, stride, dilation }, lengths);
    const crop = [0, 0, ...padding.map((p) => -p)];
    return pad(whole, { lo: crop, hi: crop });
  },
});
