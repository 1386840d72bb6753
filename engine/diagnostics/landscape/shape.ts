import { along, type Plane } from "./plane.ts";

/** What can be said of a plane of losses in a few numbers. */
export interface Shape {
  /** At the middle of the plane. */
  readonly centre: number;
  /** Lowest and highest loss on the circle of the plane's radius around its middle; NaN where the plane has holes there. */
  readonly rim: { readonly low: number; readonly high: number };
  /** The lowest point of the grid. */
  readonly lowest: { readonly loss: number; readonly a: number; readonly b: number };
  /** Share of the inner points at which the plane bends up every way; NaN without such points. */
  readonly convex: number;
}

/** Directions in which the circle is looked at. */
const ANGLES = 128;
/** Rounding of a mean loss in f32, as a share of it. */
const ROUNDING = 2 ** -20;

export function shapeOf(plane: Plane): Shape {
  const { points, radius, a, b, loss } = plane;
  const rim = Array.from({ length: ANGLES }, (_, k) => {
    const angle = (2 * Math.PI * k) / ANGLES;
    return heightAt(plane, a + radius * Math.cos(angle), b + radius * Math.sin(angle));
  });
  let at = -1;
  for (const [n, value] of loss.entries()) {
    if (Number.isFinite(value) && (at < 0 || value < (loss[at] as number))) at = n;
  }
  return {
    centre: heightAt(plane, a, b),
    rim: { low: Math.min(...rim), high: Math.max(...rim) },
    lowest: {
      loss: loss[at] ?? Number.NaN,
      a: along({ radius, points }, a, at % points),
      b: along({ radius, points }, b, Math.floor(at / points)),
    },
    convex: convexShare(plane),
  };
}

/** The plane between its points, linearly; NaN beside a hole. */
export function heightAt({ a, b, radius, points, loss }: Plane, x: number, y: number): number {
  const place = (value: number, middle: number) => ((value - middle) / radius + 1) * ((points - 1) / 2);
  const [u, v] = [place(x, a), place(y, b)];
  const [i, j] = [u, v].map((w) => Math.min(points - 2, Math.max(0, Math.floor(w + 1e-9)))) as [number, number];
  const [s, t] = [u - i, v - j];
  const at = (di: number, dj: number, weight: number) =>
    Math.abs(weight) < 1e-9 ? 0 : weight * (loss[(j + dj) * points + i + di] as number);
  return at(0, 0, (1 - s) * (1 - t)) + at(1, 0, s * (1 - t)) + at(0, 1, (1 - s) * t) + at(1, 1, s * t);
}

/**
 * Share of the inner points at which the lower eigenvalue of the 2 x 2 Hessian, by central differences, is not negative beyond
 * rounding. After Li et al. 2018, arXiv:1712.09913, section 6, who ask it of the whole Hessian.
 */
function convexShare({ points, loss }: Plane): number {
  let [convex, all] = [0, 0];
  for (let j = 1; j + 1 < points; j++) {
    for (let i = 1; i + 1 < points; i++) {
      const at = (di: number, dj: number) => loss[(j + dj) * points + i + di] as number;
      const here = at(0, 0);
      const aa = at(1, 0) - 2 * here + at(-1, 0);
      const bb = at(0, 1) - 2 * here + at(0, -1);
      const ab = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / 4;
      const lower = (aa + bb) / 2 - Math.hypot((aa - bb) / 2, ab);
      if (!Number.isFinite(lower)) continue;
      all += 1;
      if (lower >= -ROUNDING * Math.abs(here)) convex += 1;
    }
  }
  return all === 0 ? Number.NaN : convex / all;
}
