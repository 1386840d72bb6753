import "./methods.ts";
import * as ops from "../ops/index.ts";
import { strict } from "../params/index.ts";
import { tensor as fromLists, type HostTensor } from "../tensor/hostTensor.ts";
import { eagerly } from "./compute.ts";
import * as create from "./create.ts";

export { eagerly } from "./compute.ts";
export type { Drawn, Typed } from "./create.ts";
export { grad, valueAndGrad } from "./grad.ts";

type Operand = ops.Tensor | HostTensor;
/** As its operands are: with numbers, or symbolic inside a model or under `grad`. */
type Same<T extends Operand> = ops.Tensor extends T ? ops.Tensor : HostTensor;

const functions = {
  ...create,
  /** Tensors one after the other along an axis that they have. */
  concat: <T extends Operand>(parts: readonly T[], axis = 0): Same<T> => eagerly(ops.concat, [parts, axis]) as Same<T>,
  /** Tensors of one shape one after the other along a new axis. */
  stack: <T extends Operand>(parts: readonly T[], axis = 0): Same<T> => eagerly(ops.stack, [parts, axis]) as Same<T>,
  /** a where `condition` holds, else b. */
  where: <T extends Operand>(condition: T, a: T | number, b: T | number): Same<T> =>
    eagerly(ops.select, [condition, a, b]) as Same<T>,
  /** Sums of products in Einstein's notation: `tensor.einsum("bij,bjk->bik", a, b)`. */
  einsum: <T extends Operand>(equation: string, ...operands: readonly T[]): Same<T> =>
    eagerly(ops.einsum, [equation, ...operands]) as Same<T>,
};

/**
 * `tensor([[1, 2], [3, 4]])`, and what makes tensors: `tensor.zeros([2, 3])`, `tensor.randn([8], { seed: 1 })`. Its methods
 * are the functions of models and losses, computed at once; a function of tensors works on both kinds.
 */
export const tensor: typeof fromLists & typeof functions = strict(
  "tensor function",
  Object.assign(fromLists.bind(null), functions),
);
