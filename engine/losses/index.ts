import { isInstance, library } from "../params/index.ts";
import * as all from "./all.ts";
import type { Loss } from "./definition.ts";

export { axisOfClasses, classAxis, classTarget } from "./classes.ts";
export {
  type ClassCounts,
  type Gives,
  type Loss,
  type LossDefinition,
  type Prediction,
  settleLoss,
  type Takes,
} from "./definition.ts";
export { labelTarget, together, valueTarget } from "./values.ts";
export { all as losses };

/** The losses, as cells see them: `loss.crossEntropy({ labelSmoothing: 0.1 })`. */
export const loss = library("loss", all);

export const isLoss = (given: unknown): given is Loss => isInstance(all, given);
