import type { Objective } from "../curvature/objective.ts";
import { type Directions, heights, type Place } from "./grid.ts";

/** A square of the plane, in units of its directions. */
export interface Extent {
  /** Its middle. */
  readonly a: number;
  readonly b: number;
  /** Half of its side. */
  readonly radius: number;
}

/** Losses on a square grid of a plane in weight space. */
export interface Plane extends Extent {
  /** Points along each side. */
  readonly points: number;
  /** loss[j * points + i] at `along(a, i)`, `along(b, j)`: NaN where it is not finite, or not computed after a stop. */
  readonly loss: Float64Array;
  /** Points that were computed, and those of them that are not finite. */
  readonly computed: number;
  readonly holes: number;
  readonly interrupted: boolean;
}

/** Coordinate of point `i` of a side whose middle is `middle`. */
export const along = ({ radius, points }: Pick<Plane, "radius" | "points">, middle: number, i: number): number =>
  middle + radius * ((2 * i) / (points - 1) - 1);

/**
 * Computes a plane from its middle outwards, so that a stop leaves a smaller square. `progress` is told of every point and given
 * the plane so far.
 */
export async function planeOf(
  objective: Objective,
  directions: Directions,
  { a, b, radius, points }: Extent & { points: number },
  { stopped, progress }: { stopped: () => boolean; progress: (soFar: Plane) => void },
): Promise<Plane> {
  const loss = new Float64Array(points * points).fill(Number.NaN);
  const middle = (points - 1) / 2;
  const ring = (n: number) => Math.max(Math.abs((n % points) - middle), Math.abs(Math.floor(n / points) - middle));
  const order = Array.from(loss.keys()).sort((m, n) => ring(m) - ring(n) || m - n);
  const places = order.map(
    (n): Place => ({
      a: along({ radius, points }, a, n % points),
      b: along({ radius, points }, b, Math.floor(n / points)),
    }),
  );
  let [computed, holes] = [0, 0];
  const soFar = (): Plane => ({ a, b, radius, points, loss, computed, holes, interrupted: computed < loss.length });
  await heights(objective, directions, places, {
    stopped,
    take: (i, height) => {
      computed += 1;
      if (Number.isFinite(height.loss)) loss[order[i] as number] = height.loss;
      else holes += 1;
      progress(soFar());
    },
  });
  return soFar();
}
