import { ConfigError, didYouMean } from "../errors/index.ts";

/** What `gain` knows, in the order of torch.nn.init.calculate_gain. */
export const nonlinearities = ["linear", "sigmoid", "tanh", "relu", "leakyRelu", "selu"] as const;
export type Nonlinearity = (typeof nonlinearities)[number];

/**
 * Factor that keeps the scale of a signal through a layer with this nonlinearity; `a` is the negative slope of
 * leakyRelu. As torch.nn.init.calculate_gain, so selu has 3/4: 1 would be its self-normalizing theory.
 *
 * @example init.gain("tanh")
 */
export function gain(nonlinearity: Nonlinearity, a = 0.01): number {
  switch (nonlinearity) {
    case "linear":
    case "sigmoid":
      return 1;
    case "tanh":
      return 5 / 3;
    case "relu":
      return Math.SQRT2;
    case "leakyRelu":
      return Math.sqrt(2 / (1 + a * a));
    case "selu":
      return 3 / 4;
    default:
      throw new ConfigError(`gain: no nonlinearity "${nonlinearity}"${didYouMean(nonlinearity, nonlinearities)}`);
  }
}
