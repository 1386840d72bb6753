import type { Tensor } from "./tensor.ts";

/** Everything `outputs` are computed from and they themselves, inputs before their users. No recursion: graphs are deep. */
export function topological(outputs: readonly Tensor[]): Tensor[] {
  const order: Tensor[] = [];
  const done = new Set<Tensor>();
  const stack: { node: Tensor; next: number }[] = [];
  for (const output of outputs) {
    stack.push({ node: output, next: 0 });
    while (stack.length) {
      const top = stack[stack.length - 1] as { node: Tensor; next: number };
      const input = top.node.inputs[top.next++];
      if (input) {
        if (!done.has(input)) stack.push({ node: input, next: 0 });
        continue;
      }
      stack.pop();
      if (!done.has(top.node)) {
        done.add(top.node);
        order.push(top.node);
      }
    }
  }
  return order;
}
