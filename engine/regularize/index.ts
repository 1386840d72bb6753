import { isInstance, library } from "../params/index.ts";
import * as all from "./all.ts";
import type { Regularizer } from "./definition.ts";

export { means, type Regularizer, type RegularizerDefinition } from "./definition.ts";
export { all as regularizers };

/** What keeps weights small, as cells see it: `regularize.l2(1e-4)`. */
export const regularize = library("regularizer", all);

export const isRegularizer = (given: unknown): given is Regularizer => isInstance(all, given);
