import type { Layer } from "../network.ts";

/** Linear layers through `widths`, with `between` after each but the last. */
export const perceptron = (widths: readonly number[], between: readonly Layer[]): Layer[] =>
  widths
    .slice(1)
    .flatMap((to, i): Layer[] => [
      { layer: "linear", from: widths[i] as number, to },
      ...(i < widths.length - 2 ? between : []),
    ]);

/** A 3x3 convolution that keeps the picture's size, batch norm. */
export const convNorm = (from: number, to: number): Layer[] => [
  { layer: "conv2d", from, to, size: 3, padding: 1 },
  { layer: "batchNorm", features: to, axes: 4 },
];

export const relu: Layer = { layer: "relu" };
