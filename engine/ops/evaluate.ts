import { ShapeError } from "../errors/index.ts";
import { sameShape, show } from "../tensor/index.ts";
import { literalValue } from "./literal.ts";
import type { Values } from "./node.ts";
import { topological } from "./order.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Values of `outputs` by the ops' reference loops, in f64: the test of everything else. `inputs` gives the named
 * tensors. Throws ShapeError when one is missing or has another shape.
 */
export function evaluate(outputs: readonly Tensor[], inputs: Readonly<Record<string, Values>> = {}): Values[] {
  const known = new Map<Tensor, Values>();
  for (const node of topological(outputs)) {
    known.set(node, node.op === "input" ? given(node, inputs) : computed(node, known));
  }
  return outputs.map((output) => known.get(output) as Values);
}

function given(node: Tensor, inputs: Readonly<Record<string, Values>>): Values {
  const name = node.attrs.name as string;
  const value = inputs[name] ?? ofLiteral(node);
  if (!value) throw new ShapeError(`evaluate: no value for input "${name}" ${show(node.shape)}`);
  if (!sameShape(value.shape, node.shape)) {
    throw new ShapeError(`evaluate: input "${name}" is ${show(node.shape)}, its value ${show(value.shape)}`);
  }
  return value;
}

function ofLiteral(node: Tensor): Values | undefined {
  const host = literalValue(node);
  return host && { shape: host.shape, dtype: host.dtype, data: Float64Array.from(host.data) };
}

function computed(node: Tensor, known: ReadonlyMap<Tensor, Values>): Values {
  const inputs = node.inputs.map((x) => known.get(x) as Values);
  const { shape, dtype } = node;
  return { shape, dtype, data: node.record.reference(inputs, node.attrs, shape) };
}
