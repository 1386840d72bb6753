import { ShapeError } from "../errors/index.ts";
import {
  and,
  broadcastTo,
  cast,
  equal,
  iota,
  less,
  lessEqual,
  mul,
  not,
  relu,
  reshape,
  select,
  sub,
  sum,
  type Tensor,
} from "../ops/index.ts";
import { sameShape, show } from "../tensor/index.ts";
import { defineLoss } from "./definition.ts";
import { reduction } from "./reduction.ts";

/**
 * output x [N, C]; target [N, C]: class numbers (i32) up to the first -1, as PyTorch's, or labels of 0 and 1 (f32). With the
 * example's own classes j and the others i: sum over i and j of max(0, 1 - (x[j] - x[i])) / C.
 */
export const multiLabelMargin = defineLoss({
  summary: "How far every label that does not hold comes within 1 of those that do.",
  params: { reduction },
  takes: ["label", "value"],
  gives: "scores",
  terms: ({ output: x, target }) => {
    if (x.rank !== 2 || !sameShape(x.shape, target.shape)) {
      throw new ShapeError(
        `multiLabelMargin: takes [N, C] and targets alike, not ${show(x.shape)} and ${show(target.shape)}`,
      );
    }
    const [n, classes] = x.shape as [number, number];
    const cube = [n, classes, classes];
    const holds = target.dtype === "f32" ? less(0, target) : named(cast(target, "i32"));
    const rows = (t: Tensor) => broadcastTo(reshape(t, [n, classes, 1]), cube);
    const columns = (t: Tensor) => broadcastTo(reshape(t, [n, 1, classes]), cube);
    const short = relu(sub(1, sub(rows(x), columns(x))));
    const pairs = and(rows(holds), not(columns(holds)));
    return { each: mul(sum(select(pairs, short, 0), [1, 2]), 1 / classes) };
  },
});

/** Which classes the numbers [N, C] before the first negative one name. */
function named(numbers: Tensor): Tensor {
  const [n, classes] = numbers.shape as [number, number];
  const cube = [n, classes, classes];
  const along = (t: Tensor) => broadcastTo(reshape(t, [n, 1, classes]), cube);
  const ended = and(along(less(numbers, 0)), lessEqual(iota(cube, 2), iota(cube, 1)));
  const before = equal(sum(cast(ended, "f32"), 2), 0);
  const names = and(equal(along(numbers), iota(cube, 1)), along(before));
  return less(0, sum(cast(names, "f32"), 2));
}
