import { isInstance, library } from "../params/index.ts";
import * as all from "./all.ts";
import type { Initializer } from "./definition.ts";
import { gain } from "./gain.ts";
import type { Start } from "./start.ts";
import * as starts from "./starts.ts";

export { type Fan, fans, type InitDefinition, type Initializer, sample } from "./definition.ts";
export { fanOf } from "./fan.ts";
export { kaimingStd } from "./kaiming.ts";
export type { Probed, Start } from "./start.ts";
/** What draws one tensor, and what makes the first weights of a whole model. */
export { all as initializers, starts };

/** The initializers, as cells see them: `init.kaimingNormal({ nonlinearity: "relu" })`, `init.gain("tanh")`. */
export const init = library("initializer", { ...all, ...starts } as typeof all & typeof starts, { gain });

export const isInitializer = (given: unknown): given is Initializer => isInstance(all, given);

export const isStart = (given: unknown): given is Start => isInstance(starts, given);
