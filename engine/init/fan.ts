import { choice } from "../params/index.ts";
import type { Target } from "./definition.ts";

const modes = ["fanIn", "fanOut", "fanAvg", "fanSum"] as const;
type Mode = (typeof modes)[number];

/** The option that says by what a variance is divided. */
export const fanMode = (initial: Mode) =>
  choice(
    initial,
    modes,
    "What the variance is divided by: inputs n of an output, outputs m of an input, their mean (n + m) / 2, or n + m.",
  );

/** n, m, (n + m) / 2 or n + m. */
export function fanOf(target: Target, mode: Mode): number {
  switch (mode) {
    case "fanIn":
      return target.fanIn;
    case "fanOut":
      return target.fanOut;
    case "fanAvg":
      return (target.fanIn + target.fanOut) / 2;
    default:
      return target.fanIn + target.fanOut;
  }
}
