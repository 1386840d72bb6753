import { Tensor } from "./tensor.ts";

/** A function of tensors that a node is the value of, and what it was called with. */
export interface Said {
  readonly name: string;
  readonly args: readonly unknown[];
}

const said = new WeakMap<Tensor, Said>();

/**
 * Keeps that `y` is what the function of that name gives for `args`, for those who write a graph in another language, where the
 * function may have a name too. Nothing is computed from it.
 */
export function saying<T extends Tensor>(name: string, args: readonly unknown[], y: T): T {
  const given = args.some((arg) => arg === y || (Array.isArray(arg) && arg.includes(y)));
  if (!given && y.inputs.length > 0) said.set(y, { name, args });
  return y;
}

/** The function, which gives tensors, with that kept of what it gives. */
export function named<F>(name: string, f: F): F {
  const call = f as (...args: readonly unknown[]) => Tensor;
  return ((...args: readonly unknown[]) => saying(name, args, call(...args))) as F;
}

/** What is known of a node beside its op. */
export const saidOf = (node: Tensor): Said | undefined => (node instanceof Tensor ? said.get(node) : undefined);
