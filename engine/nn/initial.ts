import { type Initializer, init, isInitializer } from "../init/index.ts";
import { bool, either, value } from "../params/index.ts";

const kind = { type: "Initializer", noun: "an initializer, such as init.kaimingNormal()", accepts: isInitializer };

/**
 * PyTorch's default for weights and biases of linear and conv layers: U(-b, b) with b = 1 / sqrt(fanIn), written there
 * as kaimingUniform with a = sqrt(5).
 */
const torchDefault: Initializer = init.kaimingUniform({ a: Math.sqrt(5) });

/** Options that linear and conv layers share. */
export const weightAndBias = {
  weight: value<Initializer, Initializer>(torchDefault, kind, "First values of the weight."),
  bias: either(
    bool(true, "Whether a bias is added, or its first values. By default U(-b, b) with b = 1 / sqrt(fanIn)."),
    value<Initializer, Initializer>(torchDefault, kind, ""),
  ),
};

/** The initializer of a bias option, or undefined when there is no bias. */
export function biasInit(bias: boolean | Initializer): Initializer | undefined {
  if (bias === false) return undefined;
  return bias === true ? torchDefault : bias;
}
