import { type Shape, sameShape, sizeOf } from "../tensor/index.ts";
import { add } from "./arithmetic.ts";
import { laneAxes, upTo } from "./axes.ts";
import { concat, permute, reshape } from "./movement.ts";
import { apply, constant, type Tensor } from "./tensor.ts";

/**
 * The sum of `parts`, which may be one: of what the uses of a tensor say of its gradient, in the order of the uses. What a loop over time uses at every step, a weight, its input,
 * would otherwise be a long sum of products, or of parts with zeros around them:
 *
 *   sum_t A_t B_t            = one product of all A_t side by side and all B_t one below the other, where that is smaller
 *   parts of one axis padded = the parts one after the other
 */
export function accumulated(parts: readonly Tensor[]): Tensor {
  const [first] = parts as [Tensor, ...Tensor[]];
  if (parts.length === 1) return first;
  const left: Tensor[] = [];
  for (const group of alike(parts)) {
    const [{ op }] = group;
    if (op === "pad") left.push(...besideEachOther(group));
    else if (op === "contract" && group.length > 1) left.push(oneProduct(group));
    else if ((op === "permute" || op === "reshape") && group.length > 1) left.push(moved(group));
    else left.push(...group);
  }
  return left.reduce((sum, part) => add(sum, part));
}

type Group = [Tensor, ...Tensor[]];

/** Parts that can be put together, in the order of their first; all others alone. */
function alike(parts: readonly Tensor[]): Group[] {
  const groups = new Map<string, Group>();
  const seen = new Set<Tensor>();
  for (const part of parts) {
    const key = seen.has(part) ? `again ${seen.size} ${groups.size}` : keyOf(part);
    seen.add(part);
    const group = groups.get(key);
    if (group) group.push(part);
    else groups.set(key, [part]);
  }
  return [...groups.values()];
}

function keyOf(part: Tensor): string {
  if (part.op === "pad") return `pad along ${paddedAxis(part) ?? part.id}`;
  const isMoved = part.op === "permute" || part.op === "reshape";
  if (!isMoved && !(part.op === "contract" && isLarge(part))) return String(part.id);
  return JSON.stringify([part.op, part.attrs, part.inputs.map(({ shape }) => shape)]);
}

/** Whether a product takes more memory than what it is made of. */
const isLarge = ({ size, inputs }: Tensor): boolean => size > inputs.reduce((n, x) => n + x.size, 0);

/** What is moved alike is summed before it is moved. */
function moved(parts: Group): Tensor {
  const [{ op, attrs }] = parts;
  return apply(op, [accumulated(parts.map(({ inputs }) => inputs[0] as Tensor))], attrs);
}

/** Products of one kind as one: a further axis that is summed over runs over them. */
function oneProduct(products: Group): Tensor {
  const { batch, m, k } = products[0].attrs as { batch: number; m: number; k: number };
  const side = (i: number, axis: number) => stacked(products.map(({ inputs }) => inputs[i] as Tensor) as Group, axis);
  return apply("contract", [side(0, batch + m), side(1, batch)], { batch, m, k: k + 1 });
}

/** Tensors along a new axis. What is moved alike is put together first and moved then. */
function stacked(all: Group, axis: number): Tensor {
  const [{ op, attrs, rank, shape }] = all;
  const order = attrs.order as readonly number[];
  if (op === "permute" && all.every((t) => t.op === op && sameShape(t.attrs.order as readonly number[], order))) {
    const inner = stacked(all.map((t) => t.inputs[0] as Tensor) as Group, 0);
    return permute(inner, laneAxes(order).toSpliced(axis, 0, 0));
  }
  if (axis > 0) return permute(stacked(all, 0), laneAxes(upTo(rank)).toSpliced(axis, 0, 0));
  return concat(all.map((t) => reshape(t, [1, ...shape])));
}

/** More than two parts of one axis, which do not overlap, one after the other, zeros between; others as they are. */
function besideEachOther(pads: Group): Tensor[] {
  const axis = paddedAxis(pads[0]);
  if (axis === undefined || pads.length < 3) return pads;
  const { shape } = pads[0];
  const zeros = (length: number): Tensor[] => (length > 0 ? [constant(0, shape.with(axis, length))] : []);
  const sorted = [...pads].sort((a, b) => startOf(a, axis) - startOf(b, axis));
  const parts: Tensor[] = [];
  let end = 0;
  for (const pad of sorted) {
    const start = startOf(pad, axis);
    if (start < end) return pads;
    const x = pad.inputs[0] as Tensor;
    parts.push(...zeros(start - end), x);
    end = start + (x.shape[axis] as number);
  }
  return [concat([...parts, ...zeros((shape[axis] as number) - end)], axis)];
}

const startOf = ({ attrs }: Tensor, axis: number): number => (attrs.lo as readonly number[])[axis] as number;

/** The only axis along which zeros are put before and after; undefined for other paddings. */
function paddedAxis({ attrs, inputs }: Tensor): number | undefined {
  const { lo, hi, interior, value } = attrs as { lo: Shape; hi: Shape; interior: Shape; value: number };
  const axes = upTo(lo.length).filter((axis) => lo[axis] || hi[axis]);
  const plain = value === 0 && sizeOf((inputs[0] as Tensor).shape) > 0 && interior.every((n) => n === 0);
  return plain && axes.length === 1 && [...lo, ...hi].every((n) => n >= 0) ? axes[0] : undefined;
}
