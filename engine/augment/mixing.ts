import { ShapeError } from "../errors/index.ts";
import { floor, gather, literal, minimum, mul, oneHot, reshape, roll, sub, type Tensor } from "../ops/index.ts";
import { HostTensor, show } from "../tensor/index.ts";
import type { Draws } from "./definition.ts";

/** Each example's partner is the one before it in the batch, which is in an order drawn by chance: as torchvision has it. */
export const partnersOf = (x: Tensor): Tensor => roll(x, 1, 0);

/** `share` of x and the rest of its partners; share is a scalar. */
export const mixture = (x: Tensor, share: Tensor): Tensor => x.mul(share).add(partnersOf(x).mul(sub(1, share)));

/**
 * Targets of mixed examples: numbers are mixed as the examples were, class numbers [N] become the probabilities of the
 * classes that `output` [N, C] scores. Throws ShapeError for classes of anything else.
 */
export function mixedTargets(target: Tensor, share: Tensor, output: Tensor): Tensor {
  if (target.dtype !== "i32") return mixture(target.cast("f32"), share);
  if (target.rank !== 1 || output.rank !== 2) {
    throw new ShapeError(
      `mixed examples take one class each, and scores [N, C] for it; targets are ${show(target.shape)}, scores ${show(output.shape)}`,
    );
  }
  const classes = output.shape[1] as number;
  return mixture(oneHot(target, classes), share);
}

/** Steps of the table of quantiles. */
const STEPS = 2048;

const tables = new Map<number, HostTensor>();

/** A scalar drawn from Beta(alpha, alpha): a uniform number looked up in a table of its quantiles, linear between them. */
export function symmetricBeta(draws: Draws, alpha: number): Tensor {
  const table = tables.get(alpha) ?? quantiles(alpha);
  tables.set(alpha, table);
  const at = mul(draws.uniform([1]), STEPS);
  const below = minimum(floor(at), STEPS - 1);
  const values = literal(table);
  const from = gather(values, below.cast("i32"));
  const to = gather(values, below.add(1).cast("i32"));
  return reshape(from.add(to.sub(from).mul(at.sub(below))), []);
}

/**
 * Quantiles of Beta(a, a) at 0, 1 / STEPS, ..., 1. Its density in t, where x = sin^2(t) and t is in [0, pi / 2], is
 * sin(2t)^(2a - 1) but for a factor, and the sums of that are its distribution; x near 0, where most of it lies for a
 * small a, is resolved by a step of t that grows from there as a power.
 */
function quantiles(a: number): HostTensor {
  const fine = 200_000;
  const power = Math.max(1, 1 / a);
  const half = (u: number) => (Math.PI / 4) * u ** power;
  // the lower half; the upper one is its mirror image
  const sums = new Float64Array(fine + 1);
  for (let i = 1; i <= fine; i++) {
    const u = (i - 0.5) / fine;
    const width = (Math.PI / 4) * power * u ** (power - 1);
    sums[i] = (sums[i - 1] as number) + Math.sin(2 * half(u)) ** (2 * a - 1) * width;
  }
  const total = sums[fine] as number;
  const lower = new Float64Array(STEPS / 2 + 1);
  for (let q = 0, i = 0; q <= STEPS / 2; q++) {
    const wanted = (q / (STEPS / 2)) * total;
    while (i < fine && (sums[i + 1] as number) < wanted) i++;
    const [below, above] = [sums[i] as number, sums[Math.min(i + 1, fine)] as number];
    const u = Math.min(1, (i + (above > below ? (wanted - below) / (above - below) : 0)) / fine);
    lower[q] = Math.sin(half(u)) ** 2;
  }
  const at = (q: number) => (q <= STEPS / 2 ? (lower[q] as number) : 1 - (lower[STEPS - q] as number));
  return new HostTensor(
    [STEPS + 1],
    "f32",
    Float32Array.from({ length: STEPS + 1 }, (_, q) => at(q)),
  );
}
