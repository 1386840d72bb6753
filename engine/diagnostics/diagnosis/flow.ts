import type { LayerFacts, Probe } from "./evidence/probe.ts";

/** How signals change between the first and the last layer of weights. */
export interface Flow {
  readonly first: LayerFacts;
  readonly last: LayerFacts;
  readonly layers: number;
  /** Deviation of the last layer's outputs over that of the first's. */
  readonly forward: number;
  /** Gradient at the first layer's outputs over that at the last's. */
  readonly backward: number;
}

/** Null for fewer than three layers of weights. */
export function flow({ layers }: Probe): Flow | null {
  const weights = layers.filter(({ kind }) => kind === "weights");
  const [first, last] = [weights[0], weights.at(-1)];
  if (!first || !last || weights.length < 3) return null;
  return {
    first,
    last,
    layers: weights.length,
    forward: last.std / first.std,
    backward: first.gradient / last.gradient,
  };
}
