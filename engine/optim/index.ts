import { isInstance, library } from "../params/index.ts";
import * as all from "./all.ts";
import type { Optimizer } from "./definition.ts";
import * as methods from "./fullBatch/all.ts";

export { lift } from "./algebra.ts";
export {
  hyperparameters,
  type Optimizer,
  type OptimizerDefinition,
  stateNames,
  traceUpdate,
} from "./definition.ts";
export {
  type Evaluation,
  type FullBatch,
  isFullBatch,
  type Memory,
  nothing,
  type Problem,
} from "./fullBatch/definition.ts";
export { isShareOfRate, type ParameterGroup, parameterGroups, type Settings } from "./groups.ts";
export { evaluateHost, HostScalar, type HostTree, hostFunction, hostText } from "./hostScalar.ts";
export { matches, patternsOf } from "./pattern.ts";
/** Update rules for minibatches, and methods that look at the whole training set. */
export { all as optimizers, methods };

/** The optimizers, as cells see them: `optim.adamw({ lr: 1e-3 })`, `optim.lbfgs()`. */
export const optim = library("optimizer", { ...all, ...methods } as typeof all & typeof methods);

export const isOptimizer = (given: unknown): given is Optimizer => isInstance(all, given) || isInstance(methods, given);
