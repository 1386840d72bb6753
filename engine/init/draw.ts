import { normal, uniform } from "../random/index.ts";
import type { Target } from "./definition.ts";

/** U(low, high). */
export function drawUniform({ size, seed, stream }: Target, low: number, high: number): Float32Array {
  return uniform(seed, stream, size).map((u) => low + (high - low) * u);
}

/** N(mean, std^2). */
export function drawNormal({ size, seed, stream }: Target, mean: number, std: number): Float32Array {
  return normal(seed, stream, size).map((z) => mean + std * z);
}
