import { repeated } from "./elementwise.ts";
import { topological } from "./order.ts";
import { within } from "./part.ts";
import type { Tensor } from "./tensor.ts";

/**
 * The same graph over `lanes` at once: `lanesOf` replaces some tensors by ones with a leading lane axis, and every
 * output gets that axis. What does not depend on them is computed once and repeated.
 */
export function batched(outputs: readonly Tensor[], lanesOf: ReadonlyMap<Tensor, Tensor>, lanes: number): Tensor[] {
  const made = new Map(lanesOf);
  for (const node of topological(outputs)) {
    if (made.has(node)) continue;
    const mapped = node.inputs.map((x) => made.has(x));
    if (!mapped.includes(true)) continue;
    const inputs = node.inputs.map((x) => made.get(x) ?? x);
    made.set(
      node,
      within(node.part, () => node.record.batch(inputs, mapped, node.attrs, lanes)),
    );
  }
  return outputs.map((output) => made.get(output) ?? repeated(output, lanes));
}
