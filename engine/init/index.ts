import { isInstance, library } from "../params/index.ts";
import * as all from "./all.ts";
import type { Initializer } from "./definition.ts";
import { gain } from "./gain.ts";

export { type Fan, fans, type InitDefinition, type Initializer, sample } from "./definition.ts";
export { all as initializers };

/** The initializers, as cells see them: `init.kaimingNormal({ nonlinearity: "relu" })`, `init.gain("tanh")`. */
export const init = library("initializer", all, { gain });

export const isInitializer = (given: unknown): given is Initializer => isInstance(all, given);
