import { strict } from "../params/index.ts";
import * as all from "./all.ts";
import { chain } from "./chain.ts";
import { surface } from "./named.ts";
import { race } from "./race.ts";

export { all as surfaces };

/** Losses small enough to see, as cells see them: `toy.surface("beale")`, `await toy.race({ ... })`, `await toy.chain()`. */
export const toy = strict("toy", Object.freeze({ surface, race, chain }));
