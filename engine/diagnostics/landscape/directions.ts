import type { Layout, Slice } from "../../session/layout.ts";
import { gaussian, length } from "../curvature/vectors.ts";

/** How a random direction is made as long as the weights. */
export type Normalization = "filter" | "layer" | "none";

/** What tensors of one axis or none do, unless nothing is scaled: nothing, or grow and shrink. */
export type Biases = "still" | "along";

/** Streams of random directions: the first and the second. */
const DIRECTION_STREAM = 0x5eed0300;

/**
 * A random direction of Li et al. 2018, as the authors' net_plotter.py makes it: normal numbers, of which
 *   "filter"   each filter (row of axis 0) of tensors with two axes or more is as long as the weights' own filter
 *   "layer"    each such tensor is as long as the weights' own
 *   "none"     nothing is scaled
 * and, unless "none", tensors of one axis or none (biases, the scale and shift of a normalization) do not move ("still", the
 * authors' ignore="biasbn") or move along themselves ("along", their ignore=None).
 */
export function randomDirection(
  layout: Layout,
  weights: Float32Array,
  options: { seed: number; index: number; normalization: Normalization; biases: Biases },
): Float32Array {
  return normalized(layout, weights, gaussian(layout, options.seed, DIRECTION_STREAM + options.index), options);
}

/** `direction` scaled to the lengths of `weights`: see `randomDirection`. arXiv:1712.09913, section 4. */
export function normalized(
  { slices, words }: Layout,
  weights: ArrayLike<number>,
  direction: ArrayLike<number>,
  { normalization, biases }: { normalization: Normalization; biases: Biases },
): Float32Array {
  const out = Float32Array.from({ length: words }, (_, i) => direction[i] as number);
  if (normalization === "none") return out;
  for (const slice of slices) {
    if (slice.shape.length <= 1) {
      for (let i = slice.offset; i < slice.offset + slice.size; i++) {
        out[i] = biases === "still" ? 0 : (weights[i] as number);
      }
    } else for (const { from, to } of parts(slice, normalization)) scaleTo(out, weights, from, to);
  }
  return out;
}

/** The ranges of a tensor that are scaled each by itself. */
function parts({ shape, offset, size }: Slice, normalization: Normalization): { from: number; to: number }[] {
  const count = normalization === "filter" ? (shape[0] as number) : 1;
  const each = size / count;
  return Array.from({ length: count }, (_, i) => ({ from: offset + i * each, to: offset + (i + 1) * each }));
}

/** The authors add 1e-10 to the direction's length, so that one of zeros stays. */
function scaleTo(out: Float32Array, weights: ArrayLike<number>, from: number, to: number): void {
  const own = length(Array.from({ length: to - from }, (_, i) => weights[from + i] as number));
  const scale = own / (length(out.subarray(from, to)) + 1e-10);
  for (let i = from; i < to; i++) out[i] = (out[i] as number) * scale;
}
