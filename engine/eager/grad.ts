import { UserError } from "../errors/index.ts";
import { gradients, input, literal, Tensor } from "../ops/index.ts";
import { HostTensor, type Nested, tensor } from "../tensor/hostTensor.ts";
import { show } from "../tensor/index.ts";
import { computed, leavesOf, mapLeaves, requireTensor, type Tree } from "./compute.ts";

/** What `grad` takes derivatives of: the first argument is a tensor, or several in lists and objects; the result is a scalar. */
// biome-ignore lint/suspicious/noExplicitAny: a function of whatever the user likes
type Scalar = (...args: any[]) => unknown;

/** A derivative is what it was taken by: a tensor, or several in lists and objects. Numbers in lists are a tensor. */
type Derivative<A> = A extends Nested
  ? HostTensor
  : A extends Tensor | HostTensor
    ? A
    : { readonly [K in keyof A]: Derivative<A[K]> };

/**
 * The derivative of `f` with respect to its first argument, as a function of the same arguments: with respect to all
 * tensors in it, when it is a list or an object. It can be taken again: `grad(grad(f))`.
 *
 *   grad((x) => x.mul(x).sum())(tensor([1, 2, 3]))  ->  tensor([2., 4., 6.], [3] f32)
 *
 * Throws ShapeError when f gives no scalar, UserError when it gives no tensor.
 *
 * @example grad((w: Tensor) => w.square().sum())(tensor([1, 2, 3]))
 */
export function grad(f: Scalar): <A>(first: A, ...others: unknown[]) => Derivative<A> {
  const both = valueAndGrad(f);
  return (first, ...others) => both(first, ...others)[1];
}

/**
 * As `grad`, with the value of f before it: `const [loss, g] = valueAndGrad(f)(x)`.
 *
 * @example const [value, gradient] = valueAndGrad((w: Tensor) => w.square().sum())(tensor([1, 2, 3]));
 */
export function valueAndGrad(
  f: Scalar,
): <A>(first: A, ...others: unknown[]) => [value: HostTensor, gradient: Derivative<A>] {
  if (typeof f !== "function") throw new UserError(`grad: takes a function of tensors, not ${typeof f}`);
  return <A>(first: A, ...others: unknown[]) => {
    const point = mapNumbers(first);
    if (leavesOf(point).length === 0) throw new UserError("grad: the first argument has no tensor to derive by");
    const operands = new Map<HostTensor, Tensor>();
    const place = (leaf: Tensor | HostTensor): Tensor => {
      if (leaf instanceof Tensor) return leaf;
      if (leaf.dtype !== "f32") {
        throw new UserError(
          `grad: a tensor ${show(leaf.shape)} ${leaf.dtype} has no derivative; take { dtype: "f32" }`,
        );
      }
      // one that is there twice is two variables
      const host = operands.has(leaf) ? new HostTensor(leaf.shape, leaf.dtype, leaf.data) : leaf;
      const node = input(`operand ${operands.size}`, leaf.shape, leaf.dtype);
      operands.set(host, node);
      return node;
    };
    const variables = mapLeaves(point, place) as Tree<Tensor>;
    const value = requireTensor("grad", f(variables, ...others));
    const loss = value instanceof HostTensor ? literal(value) : value;
    const wrt = leavesOf(variables) as Tensor[];
    const found = new Map(gradients(loss, wrt).map((g, i) => [wrt[i] as Tensor, g]));
    const result = [loss, mapLeaves(variables, (leaf) => found.get(leaf as Tensor))];
    // under another grad the point is symbolic, and so is what comes of it
    return (operands.size === wrt.length ? computed(result, operands) : result) as [HostTensor, Derivative<A>];
  };
}

/** Plain numbers, also in nested lists of nothing else, as tensors. */
function mapNumbers(tree: unknown): unknown {
  if (typeof tree === "number" || isNested(tree)) return tensor(tree as Nested);
  if (Array.isArray(tree)) return tree.map(mapNumbers);
  if (typeof tree !== "object" || tree === null || Object.getPrototypeOf(tree) !== Object.prototype) return tree;
  return Object.fromEntries(Object.entries(tree).map(([name, item]) => [name, mapNumbers(item)]));
}

const isNested = (x: unknown): boolean =>
  Array.isArray(x) && x.length > 0 && x.every((item) => typeof item === "number" || isNested(item));
