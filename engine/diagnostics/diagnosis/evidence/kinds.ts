/** How a layer passes on what it gets, as far as the rules care. */
export type Kind = "weights" | "norm" | "rectifier" | "sigmoid" | "tanh" | "other";

const KINDS: Readonly<Record<string, Kind>> = {
  linear: "weights",
  conv1d: "weights",
  conv2d: "weights",
  conv3d: "weights",
  convTranspose1d: "weights",
  convTranspose2d: "weights",
  convTranspose3d: "weights",
  batchNorm: "norm",
  layerNorm: "norm",
  groupNorm: "norm",
  instanceNorm: "norm",
  relu: "rectifier",
  relu6: "rectifier",
  gelu: "rectifier",
  silu: "rectifier",
  mish: "rectifier",
  hardswish: "rectifier",
  softplus: "rectifier",
  sigmoid: "sigmoid",
  hardsigmoid: "sigmoid",
  tanh: "tanh",
  hardtanh: "tanh",
  softsign: "tanh",
};

export const kindOf = (type: string): Kind => KINDS[type] ?? "other";

/**
 * Share of outputs that lie in the flat parts: where the derivative is below a tenth of its largest. tanh: 1 - y^2 < 0.1; sigmoid:
 * 4 y (1 - y) < 0.1; softsign: (1 - |y|)^2 < 0.1; the clipped ones at their ends.
 */
export function saturatedShare(type: string, output: ArrayLike<number>): number {
  const flat = FLAT[type] ?? (() => false);
  let count = 0;
  for (let i = 0; i < output.length; i++) if (flat(output[i] as number)) count++;
  return count / Math.max(1, output.length);
}

const FLAT: Readonly<Record<string, (y: number) => boolean>> = {
  sigmoid: (y) => 4 * y * (1 - y) < 0.1,
  hardsigmoid: (y) => y <= 0 || y >= 1,
  tanh: (y) => 1 - y * y < 0.1,
  hardtanh: (y) => Math.abs(y) >= 1,
  softsign: (y) => (1 - Math.abs(y)) ** 2 < 0.1,
};
