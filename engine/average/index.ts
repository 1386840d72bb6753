import { isInstance, library } from "../params/index.ts";
import * as all from "./all.ts";
import type { Average } from "./definition.ts";

export { type Average, countAt, weightAt } from "./definition.ts";
export { all as averages };

/** The averages of weights, as cells see them: `average.ema({ decay: 0.999 })`. */
export const average = library("average", all);

export const isAverage = (given: unknown): given is Average => isInstance(all, given);
