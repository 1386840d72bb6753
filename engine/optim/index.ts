import { isInstance, library } from "../params/index.ts";
import * as all from "./all.ts";
import type { Optimizer } from "./definition.ts";

export {
  hyperparameters,
  type Optimizer,
  type OptimizerDefinition,
  stateNames,
  traceUpdate,
} from "./definition.ts";
export { isShareOfRate, type ParameterGroup, parameterGroups, type Settings } from "./groups.ts";
export { evaluateHost, type HostTree, hostFunction, hostText } from "./hostScalar.ts";
export { all as optimizers };

/** The optimizers, as cells see them: `optim.adamw({ lr: 1e-3 })`. */
export const optim = library("optimizer", all);

export const isOptimizer = (given: unknown): given is Optimizer => isInstance(all, given);
