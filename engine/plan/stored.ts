import { topological } from "../ops/order.ts";
import type { Tensor } from "../ops/tensor.ts";
import { sizeOf } from "../tensor/index.ts";
import { SplitAxis } from "./emitter.ts";
import { seeThrough } from "./views.ts";

/** Costs in units of one memory access of one element. */
export const COST = { free: 0, cheap: 1, costly: 8 } as const;

/** A launch of its own costs about as much as this many element accesses. */
const LAUNCH_COST = 2000;

/** Code of one element longer than this is cut by storing a part. */
const MAX_COST = 96;

/**
 * Which tensors are stored in memory rather than computed where they are used: results of reductions, products and
 * concatenations, what products read, and whatever would cost more to compute again than to store and load.
 * `roots` are stored by their callers, each in the launch that it is mapped to; they are in the result only when others
 * read them expensively. `costs`: of one element, when what is not stored is computed in place.
 */
export function chooseStored(
  roots: ReadonlyMap<Tensor, string>,
  maxBuffers: number,
): { stored: ReadonlySet<Tensor>; costs: ReadonlyMap<Tensor, number> } {
  const order = topological([...roots.keys()]);
  const stored = new Set<Tensor>();
  for (const t of order) {
    const { kind } = t.record.lower;
    if (kind === "reduce" || kind === "contract" || kind === "concat") stored.add(t);
  }
  for (const t of order) {
    if (t.op !== "contract") continue;
    for (const input of t.inputs) {
      const base = operandBase(input);
      if (base.op !== "input") stored.add(base);
    }
  }
  const costs = inlineCosts(order, stored);
  storeWhatIsReadOften(order, roots, costs, stored);
  limitBuffers(order, stored, maxBuffers);
  return { stored, costs };
}

/** The tensor that a product's operand is a plain view of: the deepest one, or the first that `stop` holds for. */
export function operandBase(operand: Tensor, stop: (t: Tensor) => boolean = () => false): Tensor {
  let axes: readonly number[] = operand.shape;
  let groups: readonly (readonly number[])[] = axes.map((_, d) => [d]);
  for (;;) {
    try {
      return seeThrough(operand, axes, groups, stop).base;
    } catch (error) {
      if (!(error instanceof SplitAxis)) throw error;
      ({ axes, groups } = splitAxis(axes, groups, error));
    }
  }
}

/** Axis `axis` becomes two, (length / by, by), in the axes and in the groups of dimensions that run over them. */
export function splitAxis(
  axes: readonly number[],
  groups: readonly (readonly number[])[],
  { axis, by }: SplitAxis,
): { axes: readonly number[]; groups: readonly (readonly number[])[] } {
  const length = axes[axis] as number;
  return {
    axes: [...axes.slice(0, axis), length / by, by, ...axes.slice(axis + 1)],
    groups: groups.map((g) => g.flatMap((a) => (a < axis ? [a] : a > axis ? [a + 1] : [a, a + 1]))),
  };
}

/**
 * Weighs computing again against storing, users first. Users that land in one launch compute a value once: roots of one
 * stage and size become one launch, every other stored tensor is taken to be a launch of its own.
 */
function storeWhatIsReadOften(
  order: readonly Tensor[],
  roots: ReadonlyMap<Tensor, string>,
  cost: ReadonlyMap<Tensor, number>,
  stored: Set<Tensor>,
): void {
  /** How many elements of a tensor each launch asks for. */
  const asked = new Map<Tensor, Map<unknown, number>>();
  const ask = (t: Tensor, launch: unknown, elements: number) => {
    const by = asked.get(t) ?? new Map<unknown, number>();
    asked.set(t, by.set(launch, Math.max(by.get(launch) ?? 0, elements)));
  };
  for (const [root, launch] of roots) ask(root, launch, sizeOf(root.shape));
  for (const t of [...order].reverse()) {
    const { lower } = t.record;
    const size = Math.max(1, sizeOf(t.shape));
    const by = asked.get(t) ?? new Map<unknown, number>();
    if (lower.kind === "element" && lower.cost !== "free" && !stored.has(t)) {
      const times = [...by.values()].reduce((n, x) => n + x, 0) / size;
      const again = (times - 1) * (cost.get(t) as number) * size;
      const store = (1 + times) * size + (times > 4 ? 0 : LAUNCH_COST);
      if (times > 1.01 && again > store) stored.add(t);
    }
    for (const input of t.inputs) {
      if (lower.kind === "contract") continue;
      if (lower.kind === "reduce" || lower.kind === "concat") ask(input, t, sizeOf(input.shape));
      else if (stored.has(t)) ask(input, roots.get(t) ?? t, size);
      else for (const [launch, elements] of by) ask(input, launch, elements);
    }
  }
}

/** Cost of one element of each tensor when all that is not stored is computed in place. */
function inlineCosts(order: readonly Tensor[], stored: Set<Tensor>): Map<Tensor, number> {
  const cost = new Map<Tensor, number>();
  const reading = (t: Tensor) => (stored.has(t) || t.op === "input" ? 1 : (cost.get(t) ?? 0));
  for (const t of order) {
    const { lower } = t.record;
    const own = lower.kind === "element" ? COST[lower.cost] : 0;
    let total = own + t.inputs.reduce((sum, i) => sum + reading(i), 0);
    if (total > MAX_COST && lower.kind === "element" && lower.pointwise) {
      const dearest = t.inputs.reduce((a, b) => (reading(b) > reading(a) ? b : a));
      if (dearest.record.lower.kind === "element" && dearest.op !== "constant") {
        stored.add(dearest);
        total = own + t.inputs.reduce((sum, i) => sum + reading(i), 0);
      }
    }
    cost.set(t, total);
  }
  return cost;
}

/** Stores inner parts of expressions that would read more buffers than a launch may touch. */
function limitBuffers(order: readonly Tensor[], stored: Set<Tensor>, maxBuffers: number): void {
  const reads = new Map<Tensor, Set<Tensor>>();
  for (const t of order) {
    const at = (i: Tensor): Set<Tensor> =>
      i.attrs.scalar ? new Set() : stored.has(i) || i.op === "input" ? new Set([i]) : (reads.get(i) as Set<Tensor>);
    let all = new Set(t.inputs.flatMap((i) => [...at(i)]));
    while (all.size > maxBuffers - 2) {
      const widest = t.inputs.reduce((a, b) => (at(b).size > at(a).size ? b : a));
      if (at(widest).size < 2) break;
      stored.add(widest);
      all = new Set(t.inputs.flatMap((i) => [...at(i)]));
    }
    reads.set(t, all);
  }
}
