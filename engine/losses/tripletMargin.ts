import { ShapeError } from "../errors/index.ts";
import {
  add,
  and,
  broadcastTo,
  cast,
  equal,
  greater,
  iota,
  max,
  maximum,
  minimum,
  neg,
  not,
  reshape,
  select,
  sub,
  sum,
  type Tensor,
} from "../ops/index.ts";
import { bool, choice, num } from "../params/index.ts";
import { show } from "../tensor/index.ts";
import { defineLoss, type Terms } from "./definition.ts";
import { distance } from "./distance.ts";
import { reduction } from "./reduction.ts";
import { atLeastZero, partsOf } from "./values.ts";

interface Options {
  readonly margin: number;
  readonly p: number;
  readonly eps: number;
  readonly swap: boolean;
  readonly mining: "hard" | "all";
}

/**
 * max(0, d(a, p) - d(a, n) + margin) with d the p-norm of a difference. Two forms:
 *
 *   output [N, 3, D]: anchor, positive and negative side by side, as PyTorch's TripletMarginLoss; targets are not looked at
 *   output [N, D], target [N] class numbers: triplets are made of the batch. "hard": every example with the farthest of its
 *   class and the closest of another (Hermans, Beyer & Leibe 2017, arXiv:1703.07737, equation 5); "all": every triplet
 *   there is (equation 6). Examples without a partner or an opponent do not count; the mean is over what counts.
 *
 * Triplets of a batch depend on what is in it: figures over a set are those of its batches.
 */
export const tripletMargin = defineLoss({
  summary: "How far an example's distance to its own kind exceeds that to another less margin: for embeddings.",
  paper: "Balntas, Riba, Ponsa & Mikolajczyk 2016, Learning local feature descriptors with triplets, section 3",
  rule: ["l = max(0, d(anchor, positive) - d(anchor, negative) + margin)"],
  params: {
    margin: num(1, "(0, inf)", "How much closer its own kind has to be to cost nothing."),
    p: num(2, "[1, inf)", "Norm of the distance."),
    eps: num(1e-6, "[0, inf)", "Added to the difference, so that a distance of 0 has a gradient."),
    swap: bool(false, "Takes the negative's distance to the positive where that is less."),
    mining: choice("hard", ["hard", "all"], "Which triplets are made of a batch of classes."),
    reduction,
  },
  takes: ["class", "any"],
  gives: "embeddings",
  terms: ({ output, target }, options): Terms => {
    if (output.rank === 2 && target.dtype !== "f32" && target.rank === 1) return inBatch(output, target, options);
    const { margin, p, eps, swap } = options;
    const names = ["anchor", "positive", "negative"];
    const [anchor, positive, negative] = partsOf("tripletMargin", output, names) as [Tensor, Tensor, Tensor];
    const far = distance(anchor, negative, p, eps);
    const away = swap ? minimum(far, distance(positive, negative, p, eps)) : far;
    return { each: atLeastZero(add(sub(distance(anchor, positive, p, eps), away), margin)) };
  },
});

function inBatch(x: Tensor, target: Tensor, { margin, p, eps, swap, mining }: Options): Terms {
  const n = x.shape[0] as number;
  if (target.shape[0] !== n) {
    throw new ShapeError(`tripletMargin: embeddings ${show(x.shape)} against classes ${show(target.shape)}`);
  }
  if (swap) throw new ShapeError("tripletMargin: swap is for triplets [N, 3, D], not for those made of a batch");
  const square = [n, n];
  const of = (t: Tensor, axis: 0 | 1) =>
    broadcastTo(reshape(t, axis === 0 ? [n, 1, ...t.shape.slice(1)] : [1, n, ...t.shape.slice(1)]), [
      ...square,
      ...t.shape.slice(1),
    ]);
  const apart = distance(of(x, 0), of(x, 1), p, eps);
  const classes = cast(target, "i32");
  const same = equal(of(classes, 0), of(classes, 1));
  const partner = and(same, not(equal(iota(square, 0), iota(square, 1))));
  const other = not(same);
  if (mining === "hard") {
    const top = max(apart);
    const farthest = max(select(partner, apart, 0), 1);
    const closest = neg(max(select(other, neg(apart), neg(broadcastTo(top, square))), 1));
    const some = (mask: Tensor) => greater(sum(cast(mask, "f32"), 1), 0);
    const counts = and(some(partner), some(other));
    const each = select(counts, atLeastZero(add(sub(farthest, closest), margin)), 0);
    return { each, count: maximum(sum(cast(counts, "f32")), 1) };
  }
  const cube = [n, n, n];
  const toPartner = (t: Tensor) => broadcastTo(reshape(t, [n, n, 1]), cube);
  const toOther = (t: Tensor) => broadcastTo(reshape(t, [n, 1, n]), cube);
  const counts = and(toPartner(partner), toOther(other));
  const each = select(counts, atLeastZero(add(sub(toPartner(apart), toOther(apart)), margin)), 0);
  return { each, count: maximum(sum(cast(counts, "f32")), 1) };
}
