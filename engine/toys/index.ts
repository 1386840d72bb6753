import { choice, type Definition, strict } from "../params/index.ts";
import * as all from "./all.ts";
import { chain, chainParams } from "./chain.ts";
import type { SurfaceDefinition } from "./definition.ts";
import { type SurfaceName, surface } from "./named.ts";
import { race, raceParams } from "./race.ts";

export { all as surfaces };

/** Losses small enough to see, as cells see them: `toy.surface("beale")`, `await toy.race({ ... })`, `await toy.chain()`. */
export const toy = strict("toy", Object.freeze({ surface, race, chain }));

const each = Object.entries<SurfaceDefinition>(all as never);
const described = each.map(([name, { summary, params }]) => {
  const options = Object.entries(params).map(([option, param]) => `${option} ${param.default}`);
  return `${name}${options.length ? ` { ${options.join(", ")} }` : ""}: ${summary}`;
});

/** The functions of `toy` with their options, for documents and snippets. */
export const toys: Readonly<Record<keyof typeof toy, Definition>> = {
  surface: {
    summary: "A loss of two parameters that can be seen as a whole: a map, and where optimizers race.",
    params: {
      name: choice(
        "ravine",
        each.map(([name]) => name as SurfaceName),
        `Which; its own options follow in an object. ${described.join(" ")}`,
      ),
    },
    positional: "name",
  },
  race: {
    summary: "Optimizers walk from one start on a surface, with the update rules of training: a map to scrub through.",
    paper: "Radford 2014, Visualizing Optimization Algos; Ruder 2016, arXiv:1609.04747",
    params: raceParams,
  },
  chain: {
    summary: "The chain rule on single neurons in a row: each factor of the first bias's gradient, and their product.",
    paper: "Nielsen 2015, Neural Networks and Deep Learning, chapter 5",
    params: chainParams,
  },
};
