import type { Tensor } from "../ops/tensor.ts";
import type { Shape } from "../tensor/index.ts";

/** A shape without axes of length 1. */
export const squeeze = (shape: Shape): Shape => shape.filter((d) => d !== 1);

/**
 * How a tensor is read by another: for each of its axes longer than 1, in order, the axis (again without those of length
 * 1) of the reader that it is walked by; undefined when it is read at other coordinates too.
 */
export type Walked = readonly number[] | undefined;

/** Whether the reader walks all the axes in `order`. */
export const isWalked = (walked: Walked, order: readonly number[]): boolean =>
  walked !== undefined && walked.length === order.length && walked.every((axis, i) => axis === order[i]);

/** The dimension of the reader for each dimension; -1 for those of length 1. */
type Dims = readonly number[] | undefined;

/**
 * The stored tensors and inputs that `node` is computed from when everything between is computed in place, each with how
 * it is read. A reduction's reader is its argument.
 */
export function needs(node: Tensor, stored: ReadonlySet<Tensor>): Map<Tensor, Walked> {
  const found = new Map<Tensor, Walked>();
  const seen = new Set<string>();
  const { kind } = node.record.lower;
  const stack: { t: Tensor; dims: Dims }[] = [];
  const push = (reader: Tensor, dims: Dims) => {
    for (const t of reader.inputs) stack.push({ t, dims: dims && below(reader, t, dims) });
  };
  if (kind === "reduce") stack.push({ t: node.inputs[0] as Tensor, dims: own((node.inputs[0] as Tensor).shape) });
  else push(node, kind === "element" ? own(node.shape) : undefined);
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { t, dims } = next;
    const key = `${t.id} ${dims}`;
    if (seen.has(key) || t.attrs.scalar) continue;
    seen.add(key);
    if (t.op !== "input" && !stored.has(t)) {
      push(t, dims);
      continue;
    }
    const walked = dims?.filter((_, d) => t.shape[d] !== 1);
    const same = !found.has(t) || (walked && isWalked(found.get(t), walked));
    found.set(t, same ? walked : undefined);
  }
  return found;
}

/** Its own axes in order. */
function own(shape: Shape): number[] {
  let axis = 0;
  return shape.map((d) => (d === 1 ? -1 : axis++));
}

/** Dimensions of input `x` of `t`, from those of t: undefined where it is not read along whole axes. */
function below(t: Tensor, x: Tensor, dims: readonly number[]): Dims {
  const { lower } = t.record;
  if (lower.kind !== "element") return undefined;
  if (lower.pointwise) return dims;
  if (t.op === "broadcast") {
    const lead = t.rank - x.rank;
    return x.shape.map((d, i) => (d === 1 ? -1 : (dims[lead + i] as number)));
  }
  if (t.op === "permute") {
    const order = t.attrs.order as readonly number[];
    return x.shape.map((_, d) => dims[order.indexOf(d)] as number);
  }
  if (t.op !== "reshape" || squeeze(t.shape).join() !== squeeze(x.shape).join()) return undefined;
  const long = dims.filter((_, d) => t.shape[d] !== 1);
  let next = 0;
  return x.shape.map((d) => (d === 1 ? -1 : (long[next++] as number)));
}
