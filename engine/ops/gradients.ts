import { ShapeError } from "../errors/index.ts";
import { show } from "../tensor/index.ts";
import { accumulated } from "./accumulate.ts";
import { topological } from "./order.ts";
import { within } from "./part.ts";
import { constant, type Tensor } from "./tensor.ts";

/**
 * Derivatives of the scalar `loss` with respect to each tensor of `wrt`, as tensors of the graph: reverse mode, written
 * in ops that have gradients themselves. Zeros where loss does not depend on a tensor, or only through integers.
 * With `seed` (a tensor like loss) loss may have any shape: the derivatives are of sum(loss * seed).
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[], seed?: Tensor): Tensor[] {
  if (!seed && loss.size !== 1) throw new ShapeError(`gradients: the loss is ${show(loss.shape)}, not a scalar`);
  const order = topological([loss]);
  const wanted = new Set(wrt);
  const depends = new Set<Tensor>();
  for (const node of order) {
    if (wanted.has(node) || node.inputs.some((x) => depends.has(x))) depends.add(node);
  }
  const cotangents = new Map<Tensor, Tensor[]>([[loss, [seed ?? constant(1, loss.shape)]]]);
  const total = (node: Tensor): Tensor | undefined => {
    const parts = cotangents.get(node)?.toReversed(); // in the order of the uses
    return parts && within(parts[0]?.part, () => accumulated(parts));
  };
  for (const node of order.reverse()) {
    const { grad } = node.record;
    const g = wanted.has(node) || (grad && node.inputs.some((x) => depends.has(x))) ? total(node) : undefined;
    if (!g) continue;
    cotangents.set(node, [g]);
    if (!grad || !node.inputs.some((x) => depends.has(x))) continue;
    within(node.part && { ...node.part, direction: "backward" }, () => {
      const parts = grad({ inputs: node.inputs, attrs: node.attrs, output: node, g });
      node.inputs.forEach((x, i) => {
        const part = parts[i];
        if (!part || x.dtype !== "f32" || !depends.has(x)) return;
        const before = cotangents.get(x);
        if (before) before.push(part);
        else cotangents.set(x, [part]);
      });
    });
  }
  return wrt.map((x) => cotangents.get(x)?.[0] ?? constant(0, x.shape));
}
