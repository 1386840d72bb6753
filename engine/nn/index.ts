import { library } from "../params/index.ts";
import * as all from "./all.ts";
import { module, sequential, tiedLayer } from "./containers.ts";

export type { Children } from "./children.ts";
export type { Forward, Ties } from "./containers.ts";
export {
  type Call,
  type CallOf,
  isLayer,
  type Layer,
  type LayerDefinition,
  type Named,
  type Results,
} from "./definition.ts";
export {
  type Declaration,
  type DeclaredBuffer,
  type DeclaredLayer,
  type DeclaredParameter,
  declare,
  type SealedUse,
  type Traced,
  type TracedLayer,
  type TraceInputs,
  traceModel,
} from "./model.ts";
export type { Scope } from "./scope.ts";
export { all as layers };

/** The layers, as cells see them: `nn.sequential(nn.linear(128), nn.relu(), nn.linear(10))`. */
export const nn = library("layer", all, { sequential, module, tied: tiedLayer });
