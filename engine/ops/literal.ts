import { createHash } from "node:crypto";
import { HostTensor } from "../tensor/hostTensor.ts";
import { Tensor } from "./tensor.ts";

const nodes = new WeakMap<HostTensor, Tensor>();
const values = new WeakMap<Tensor, HostTensor>();

/**
 * A tensor with its numbers as a value of the graph: a table that a model's function uses, or data that a loss is measured
 * on. The numbers must not change afterwards. Its name is a digest of them, so that equal ones are one buffer of a plan.
 */
export function literal(host: HostTensor): Tensor {
  const known = nodes.get(host);
  if (known) return known;
  const { shape, dtype, data } = host;
  const digest = createHash("sha256").update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const name = `literal ${digest.digest("base64url").slice(0, 22)}`;
  const node = new Tensor("input", [], { name, shape, dtype }, shape, dtype);
  nodes.set(host, node);
  values.set(node, host);
  return node;
}

/** The numbers of a literal; undefined for every other node. */
export const literalValue = (node: Tensor): HostTensor | undefined => values.get(node);

/** A host tensor as a literal; anything else as it is. */
export const lifted = <T>(given: T): T | Tensor => (given instanceof HostTensor ? literal(given) : given);
