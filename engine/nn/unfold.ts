import { ShapeError } from "../errors/index.ts";
import { pad, permute, reshape, windows } from "../ops/index.ts";
import { show } from "../tensor/index.ts";
import { defineLayer } from "./definition.ts";
import { patchParams, patchShape } from "./patches.ts";
import { requireImages } from "./shapes.ts";

/** [N, C, H, W] -> [N, C kh kw, H' W'], one column for each position of the window, as many as conv2d has outputs. */
export const unfold = defineLayer({
  summary: "All windows of an image as columns: convolution is a product with these.",
  params: patchParams,
  positional: "kernelSize",
  apply: (_scope, x, { kernelSize, dilation, padding, stride }) => {
    requireImages(x, 2);
    const [n, c, h, w] = x.shape as [number, number, number, number];
    const [rows, columns] = patchShape([h, w], { kernelSize, dilation, padding, stride });
    if (rows < 1 || columns < 1) throw new ShapeError(`windows of [${kernelSize}] do not fit into ${show(x.shape)}`);
    const around = pad(x, { lo: [0, 0, ...padding], hi: [0, 0, ...padding] });
    const patches = windows(around, { axes: [2, 3], size: kernelSize, stride, dilation }); // [N, C, H', W', kh, kw]
    return reshape(permute(patches, [0, 1, 4, 5, 2, 3]), [n, c * kernelSize[0] * kernelSize[1], rows * columns]);
  },
});
