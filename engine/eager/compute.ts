import { Calculator } from "../backends/wasm/calculator.ts";
import { UserError } from "../errors/index.ts";
import { input, lifted, Tensor } from "../ops/index.ts";
import { runGraphNow } from "../plan/index.ts";
import { HostTensor } from "../tensor/hostTensor.ts";

let shared: Calculator | undefined;

/** What a function of tensors may give back: a tensor, or several in a list or by name. */
export type Tree<T> = T | readonly Tree<T>[] | { readonly [name: string]: Tree<T> };

type Leaf = Tensor | HostTensor;

/**
 * Calls `f`, a function that builds a graph, with tensors that have numbers among its arguments. When all of them have,
 * the graph is planned, run in this thread and its numbers come back; when one is symbolic, as inside a model or under
 * `grad`, so is the result, and those with numbers become literals of its graph.
 */
export function eagerly<A extends readonly unknown[], R>(f: (...args: A) => R, args: readonly unknown[]): unknown {
  const symbolic = leavesOf(args).some((leaf) => leaf instanceof Tensor);
  if (symbolic) return f(...(mapLeaves(args, lifted) as unknown as A));
  const operands = new Map<HostTensor, Tensor>();
  const operand = (leaf: Leaf): Leaf => {
    if (leaf instanceof Tensor) return leaf;
    const known = operands.get(leaf) ?? input(`operand ${operands.size}`, leaf.shape, leaf.dtype);
    operands.set(leaf, known);
    return known;
  };
  return computed(f(...(mapLeaves(args, operand) as unknown as A)), operands);
}

/** `outputs` with their numbers: those of their inputs are given. Throws BackendError when memory does not suffice. */
export function computed(outputs: unknown, operands: ReadonlyMap<HostTensor, Tensor>): unknown {
  const nodes = leavesOf(outputs).filter((leaf) => leaf instanceof Tensor);
  if (nodes.length === 0) return outputs;
  shared ??= new Calculator();
  const given = [...operands].map(([host, node]) => [node.attrs.name as string, host.data] as const);
  const numbers = runGraphNow(shared, nodes, Object.fromEntries(given));
  const hosts = new Map(nodes.map((node, i) => [node, new HostTensor(node.shape, node.dtype, numbers[i] as never)]));
  return mapLeaves(outputs, (leaf) => (leaf instanceof Tensor ? (hosts.get(leaf) as HostTensor) : leaf));
}

/** All tensors within lists and plain objects. */
export function leavesOf(tree: unknown): Leaf[] {
  if (tree instanceof Tensor || tree instanceof HostTensor) return [tree];
  if (Array.isArray(tree)) return tree.flatMap(leavesOf);
  return isPlain(tree) ? Object.values(tree).flatMap(leavesOf) : [];
}

/** The same lists and plain objects with other tensors. */
export function mapLeaves(tree: unknown, change: (leaf: Leaf) => unknown): unknown {
  if (tree instanceof Tensor || tree instanceof HostTensor) return change(tree);
  if (Array.isArray(tree)) return tree.map((item) => mapLeaves(item, change));
  if (!isPlain(tree)) return tree;
  return Object.fromEntries(Object.entries(tree).map(([name, item]) => [name, mapLeaves(item, change)]));
}

function isPlain(x: unknown): x is Record<string, unknown> {
  return typeof x === "object" && x !== null && Object.getPrototypeOf(x) === Object.prototype;
}

/** Throws UserError for what is no tensor. */
export function requireTensor(where: string, given: unknown): Leaf {
  if (given instanceof Tensor || given instanceof HostTensor) return given;
  const what = given === undefined ? "nothing" : given instanceof Promise ? "a promise" : `a ${typeof given}`;
  throw new UserError(`${where}: the function returned ${what}, not a tensor`);
}
