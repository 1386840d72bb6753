import type { Objective } from "./objective.ts";
import { length, plus, scaled, type Vector } from "./vectors.ts";

/** How much worse the loss gets close by. */
export interface Sharpness {
  /** Radius of the ball around the weights, Euclidean. */
  readonly rho: number;
  /** The largest loss found in it: no more than the true maximum. */
  readonly loss: number;
  /** How much that is above the loss at the weights. */
  readonly rise: number;
}

/**
 * The largest loss within `rho` of the weights at `at`, from below: starting along the gradient and both ways along `along`, each
 * start followed by `steps` repeats of delta <- rho g(w + delta) / |g(w + delta)|. One step along the gradient is the
 * perturbation of Foret et al. 2021, arXiv:2010.01412, equation 2. Leaves the objective at `at`.
 */
export async function sharpnessOf(
  objective: Objective,
  at: Float32Array,
  {
    rho,
    steps,
    gradient,
    along,
    loss,
  }: {
    rho: number;
    steps: number;
    gradient: Vector;
    along: Vector | null;
    loss: number;
  },
): Promise<Sharpness> {
  const starts = [gradient, ...(along ? [along, scaled(along, -1)] : [])].filter((v) => length(v) > 0);
  let worst = loss;
  try {
    for (const start of starts) {
      let delta = scaled(start, rho / length(start));
      for (let step = 0; step <= steps; step++) {
        objective.moveTo(plus(at, delta));
        const there = await objective.gradient();
        if (there.loss > worst) worst = there.loss;
        const slope = length(there.gradient);
        if (!(slope > 0)) break;
        delta = scaled(there.gradient, rho / slope);
      }
    }
  } finally {
    objective.moveTo(at);
  }
  return { rho, loss: worst, rise: worst - loss };
}
