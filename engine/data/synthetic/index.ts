import * as all from "./all.ts";
import { type Synthetic, type SyntheticDefinition, synthetic } from "./definition.ts";

export { all as syntheticSets };

type Functions = { readonly [K in keyof typeof all]: Synthetic<(typeof all)[K]> };

/** The synthetic sets, as cells see them through `data`: `data.moons({ n: 200, noise: 0.1 })`. */
export const made = Object.fromEntries(
  Object.entries<SyntheticDefinition>(all as never).map(([name, definition]) => [name, synthetic(name, definition)]),
) as Functions;
