import { choice, num } from "../params/index.ts";
import type { Target } from "./definition.ts";
import { gain, nonlinearities } from "./gain.ts";

/** Options of both kaiming initializers, with torch's defaults. */
export const kaimingParams = {
  mode: choice("fanIn", ["fanIn", "fanOut"], "Keeps the scale of the forward (fanIn) or backward (fanOut) signal."),
  nonlinearity: choice("leakyRelu", nonlinearities, "What follows the layer; sets the gain."),
  a: num(0, "(-inf, inf)", "Negative slope of leakyRelu: 0 is relu."),
};

/** gain / sqrt(fan). */
export function kaimingStd(
  target: Target,
  { mode, nonlinearity, a }: { mode: "fanIn" | "fanOut"; nonlinearity: (typeof nonlinearities)[number]; a: number },
): number {
  return gain(nonlinearity, a) / Math.sqrt(mode === "fanIn" ? target.fanIn : target.fanOut);
}
