import { perAxis, required } from "../params/index.ts";

/** Options of windows that are laid out as columns. */
export const patchParams = {
  kernelSize: perAxis(2, required, "[1, inf)", "Height and width of a window."),
  dilation: perAxis(2, 1, "[1, inf)", "Distance between neighbouring elements of a window."),
  padding: perAxis(2, 0, "[0, inf)", "Zeros added on all sides."),
  stride: perAxis(2, 1, "[1, inf)", "Steps of the window over the image."),
};

type Pair = readonly [number, number];

/** How many windows there are along each axis. */
export function patchShape(
  size: Pair,
  { kernelSize, dilation, padding, stride }: Record<keyof typeof patchParams, Pair>,
): Pair {
  const along = (a: 0 | 1): number =>
    Math.floor((size[a] + 2 * padding[a] - dilation[a] * (kernelSize[a] - 1) - 1) / stride[a]) + 1;
  return [along(0), along(1)];
}
