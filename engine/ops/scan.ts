import { axisOf } from "../tensor/index.ts";
import { add, mul } from "./arithmetic.ts";
import { flip, pad, slice } from "./movement.ts";
import { named } from "./said.ts";
import type { Tensor } from "./tensor.ts";

export interface Scan {
  /** Counts from the end. */
  reverse?: boolean;
  /** Leaves out the element itself: the first result is 0, or 1 for products. */
  exclusive?: boolean;
}

/** Sums of the elements up to each along `axis`, as PyTorch's cumsum. f32 and integers; log2(n) additions for n elements. */
export const cumsum = named(
  "cumsum",
  (x: Tensor, axis: number, options?: Scan): Tensor => scan("cumsum", x, axis, add, 0, options),
);

/** Products of the elements up to each along `axis`. The derivative is right where factors are 0, too. */
export const cumprod = named(
  "cumprod",
  (x: Tensor, axis: number, options?: Scan): Tensor => scan("cumprod", x, axis, mul, 1, options),
);

/** Each element combined with the one 1, 2, 4, ... before it (Hillis & Steele 1986): every result is a tree of pairs. */
function scan(
  op: string,
  x: Tensor,
  axis: number,
  combine: (a: Tensor, b: Tensor) => Tensor,
  neutral: number,
  { reverse = false, exclusive = false }: Scan = {},
): Tensor {
  const along = axisOf(op, axis, x.rank);
  const n = x.shape[along] as number;
  const before = (y: Tensor, distance: number): Tensor => {
    const none = y.shape.map(() => 0);
    return pad(slice(y, along, 0, n - distance), { lo: none.with(along, distance), hi: none, value: neutral });
  };
  let y = reverse ? flip(x, along) : x;
  if (exclusive && n > 0) y = before(y, 1);
  for (let distance = 1; distance < n; distance *= 2) y = combine(y, before(y, distance));
  return reverse ? flip(y, along) : y;
}
