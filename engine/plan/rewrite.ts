import { permute } from "../ops/movement.ts";
import type { Attrs, Values } from "../ops/node.ts";
import { topological } from "../ops/order.ts";
import { within } from "../ops/part.ts";
import { apply, constant, Tensor } from "../ops/tensor.ts";
import { sameShape, sizeOf } from "../tensor/index.ts";

/**
 * Makes a graph ready for planning: composite ops are expanded, equal nodes become one, constants are folded and
 * movements that do nothing disappear. Returns where each root went.
 */
export function rewrite(roots: readonly Tensor[]): Map<Tensor, Tensor> {
  const first = pass(roots, () => false);
  const simple = roots.map((r) => first.get(r) as Tensor);
  const users = new Map<Tensor, number>();
  for (const t of topological(simple)) for (const i of t.inputs) users.set(i, (users.get(i) ?? 0) + 1);
  const second = pass(simple, (t) => users.get(t) === 1 && !simple.includes(t));
  return new Map(roots.map((r, i) => [r, second.get(simple[i] as Tensor) as Tensor]));
}

/** One pass from the inputs up. `alone` tells, of a tensor of the given graph, whether it has a single user. */
function pass(roots: readonly Tensor[], alone: (t: Tensor) => boolean): Map<Tensor, Tensor> {
  const done = new Map<Tensor, Tensor>();
  const unique = new Map<string, Tensor>();

  const intern = (t: Tensor): Tensor => {
    const key = `${t.op}(${t.inputs.map((i) => i.id).join(",")})${JSON.stringify(t.attrs, keepSpecial)}:${t.dtype}${t.shape.join("x")}`;
    const known = unique.get(key);
    if (known) return known;
    unique.set(key, t);
    return t;
  };

  /** `t` with inputs that are rewritten already. */
  const finish = (t: Tensor): Tensor => {
    const { lower } = t.record;
    if (lower.kind === "expand") return visit(within(t.part, () => lower.to(t.inputs, t.attrs)));
    const simpler = within(t.part, () => simplify(t));
    return simpler === undefined ? intern(t) : simpler.inputs.length === 0 ? intern(simpler) : visit(simpler);
  };

  const visit = (root: Tensor): Tensor => {
    // A stack of its own: deep nets make chains longer than the call stack.
    const stack = [root];
    for (let t = stack.at(-1); t !== undefined; t = stack.at(-1)) {
      if (done.has(t)) {
        stack.pop();
        continue;
      }
      const missing = t.inputs.filter((i) => !done.has(i));
      if (missing.length > 0) {
        stack.push(...missing);
        continue;
      }
      const inputs = t.inputs.map((i) => done.get(i) as Tensor);
      const same = inputs.every((i, k) => i === t.inputs[k]);
      const product = t.inputs[0] as Tensor;
      if (t.op === "permute" && product.op === "contract" && alone(product)) {
        const swapped = within(product.part, () => transposedProduct(inputs[0] as Tensor, t.attrs.order as number[]));
        if (swapped) {
          const result = visit(swapped);
          done.set(t, result);
          stack.pop();
          continue;
        }
      }
      const result = finish(same ? t : within(t.part, () => new Tensor(t.op, inputs, t.attrs, t.shape, t.dtype)));
      done.set(t, result);
      done.set(result, result);
      stack.pop();
    }
    return done.get(root) as Tensor;
  };

  // in the order of making: what forward and backward pass share belongs to the forward pass
  for (const t of topological(roots).sort((a, b) => a.id - b.id)) visit(t);
  return done;
}

export const keepSpecial = (_: string, v: unknown): unknown =>
  typeof v === "number" && (!Number.isFinite(v) || Object.is(v, -0)) ? `${1 / v} ${v}` : v;

const constantOf = (t: Tensor | undefined): number | undefined =>
  t?.op === "constant" ? Number(t.attrs.value) : undefined;

/** A simpler node of the same value, or undefined. Rules hold for every f32 value, NaN and infinities included. */
function simplify(t: Tensor): Tensor | undefined {
  const { lower } = t.record;
  const [a, b] = t.inputs;
  if (a === undefined) return undefined;

  if (t.op === "stopGradient") return a;
  if (t.op === "cast" && a.dtype === t.dtype) return a;
  if (lower.kind === "reduce" && sizeOf(a.shape) === sizeOf(t.shape)) {
    return t.op === "argmax" ? constant(0, t.shape, t.dtype) : reshaped(a, t);
  }
  if (lower.kind !== "element") return undefined;

  if (lower.pointwise) {
    if (t.inputs.every((i) => i.op === "constant")) return fold(t);
    const [x, y] = [constantOf(a), constantOf(b)];
    if (t.op === "mul" && y === 1) return a;
    if (t.op === "mul" && x === 1) return b;
    if (t.op === "div" && y === 1) return a;
    if ((t.op === "add" || t.op === "sub") && y === 0) return a;
    if (t.op === "add" && x === 0) return b;
    if (t.op === "select") {
      if (x !== undefined) return x ? b : t.inputs[2];
      if (b === t.inputs[2]) return b;
    }
    if (t.op === "neg" && a.op === "neg") return a.inputs[0];
    return undefined;
  }

  if (lower.cost !== "free" || t.inputs.length !== 1) return undefined;
  const value = constantOf(a);
  if (value !== undefined && (t.op !== "pad" || t.attrs.value === value)) return constant(value, t.shape, t.dtype);
  if (t.op === "reshape") {
    if (sameShape(a.shape, t.shape)) return a;
    if (a.op === "reshape") return reshaped(a.inputs[0] as Tensor, t);
  }
  if (t.op === "broadcast" && sameShape(a.shape, t.shape)) return a;
  if (t.op === "permute") {
    const order = t.attrs.order as number[];
    if (order.every((x, i) => x === i)) return a;
    if (a.op === "permute") {
      const before = a.attrs.order as number[];
      return permute(
        a.inputs[0] as Tensor,
        order.map((x) => before[x] as number),
      );
    }
  }
  return undefined;
}

/** A product whose free axes change places is the product of the operands the other way round: no copy is needed. */
function transposedProduct(product: Tensor, order: readonly number[]): Tensor | undefined {
  const { batch, m, k } = product.attrs as { batch: number; m: number; k: number };
  const [a, b] = product.inputs as [Tensor, Tensor];
  const n = product.rank - batch - m;
  const axes = (start: number, length: number) => Array.from({ length }, (_, i) => start + i);
  const swapped = [...axes(0, batch), ...axes(batch + m, n), ...axes(batch, m)];
  if (!order.every((axis, i) => axis === swapped[i])) return undefined;
  const left = permute(b, [...axes(0, batch), ...axes(batch + k, n), ...axes(batch, k)]);
  const right = permute(a, [...axes(0, batch), ...axes(batch + m, k), ...axes(batch, m)]);
  return apply("contract", [left, right], { batch, m: n, k });
}

const reshaped = (x: Tensor, like: Tensor): Tensor =>
  sameShape(x.shape, like.shape)
    ? x
    : new Tensor("reshape", [x], { shape: like.shape } as Attrs, like.shape, like.dtype);

/** The one value of a pointwise op over constants, by its reference loop. */
function fold(t: Tensor): Tensor {
  const inputs: Values[] = t.inputs.map((i) => ({
    shape: [],
    dtype: i.dtype,
    data: Float64Array.of(constantOf(i) as number),
  }));
  const [value] = t.record.reference(inputs, t.attrs, []);
  return constant(value as number, t.shape, t.dtype);
}
