import { describe, expect, test } from "vitest";
import {
  add,
  evaluate,
  gradients,
  input,
  matmul,
  mul,
  permute,
  slice,
  sum,
  type Tensor,
  topological,
  transpose,
  type Values,
} from "../../../engine/ops/index.ts";
import { uniform } from "../../../engine/random/index.ts";
import type { Shape } from "../../../engine/tensor/index.ts";

const values = (shape: Shape, stream: number): Values => {
  const size = shape.reduce((n, d) => n * d, 1);
  return { shape, dtype: "f32", data: Float64Array.from(uniform(1, stream, size), (u) => u - 0.5) };
};

const count = (roots: readonly Tensor[], op: string) => topological(roots).filter((t) => t.op === op).length;

/** The gradient of `loss` by central differences. */
function differences(loss: Tensor, given: Record<string, Values>, name: string): number[] {
  const { data } = given[name] as Values;
  return Array.from(data, (x, i) => {
    const at = (delta: number) => {
      const moved = { ...(given[name] as Values), data: data.with(i, x + delta) };
      return evaluate([loss], { ...given, [name]: moved })[0]?.data[0] as number;
    };
    return (at(1e-5) - at(-1e-5)) / 2e-5;
  });
}

describe("what the uses of a tensor say of its gradient", () => {
  const x = input("x", [5, 2, 6]);
  const w = input("w", [6, 6]);
  const given = { x: values([5, 2, 6], 1), w: values([6, 6], 2), v: values([5, 6], 3) };

  /** A state that goes through the weight at every time. */
  const looped = (turned: (w: Tensor) => Tensor): Tensor => {
    let state = slice(x, 0, 0, 1).reshape([2, 6]);
    for (let t = 1; t < 5; t++) state = add(matmul(state, turned(w)).tanh(), slice(x, 0, t, t + 1).reshape([2, 6]));
    return sum(mul(state, state));
  };

  test.each([
    ["as it is", (t: Tensor) => t],
    ["moved anew at every use", (t: Tensor) => transpose(t)],
  ] as const)("one product stands for those of a weight that is used %s at every time", (_name, turned) => {
    const loss = looped(turned);
    const [dw, dx] = gradients(loss, [w, x]) as [Tensor, Tensor];
    const forward = count([loss], "contract");
    expect(count([dw], "contract")).toBe(forward + (forward - 1) + 1);
    const [gotW, gotX] = evaluate([dw, dx], given);
    expect(gotW?.data ?? []).toBeAllclose(differences(loss, given, "w"), { rtol: 1e-6, atol: 1e-8 });
    expect(gotX?.data ?? []).toBeAllclose(differences(loss, given, "x"), { rtol: 1e-6, atol: 1e-8 });
  });

  test("products that are smaller than what they are made of are summed as they are", () => {
    const v = input("v", [5, 6]);
    const loss = [0, 1, 2].map((t) => sum(matmul(v, mul(w, t + 1)).tanh())).reduce((a, b) => add(a, b));
    const [dv] = gradients(loss, [v]) as [Tensor];
    expect(count([dv], "concat")).toBe(0);
    expect(evaluate([dv], given)[0]?.data ?? []).toBeAllclose(differences(loss, given, "v"), {
      rtol: 1e-6,
      atol: 1e-8,
    });
  });

  test("parts of one axis stand side by side, zeros where there is none, and those that overlap are summed", () => {
    const weighted = (from: number, to: number) => sum(mul(slice(x, 2, from, to), input("u", [5, 2, to - from])));
    const named = (t: Tensor, name: string): Tensor => sum(mul(t, input(name, t.shape)));
    const apart = [slice(x, 2, 4, 6), slice(x, 2, 0, 1), slice(x, 2, 2, 3)];
    const all = { ...given, a0: values([5, 2, 2], 4), a1: values([5, 2, 1], 5), a2: values([5, 2, 1], 6) };
    const loss = apart.map((t, i) => named(t, `a${i}`)).reduce((a, b) => add(a, b));
    const [dx] = gradients(loss, [x]) as [Tensor];
    expect([count([dx], "concat"), count([dx], "pad")]).toEqual([1, 0]);
    expect(evaluate([dx], all)[0]?.data ?? []).toBeAllclose(differences(loss, all, "x"), { atol: 1e-8 });
    const over = [weighted(0, 3), weighted(2, 5), weighted(3, 6)].reduce((a, b) => add(a, b));
    const [dOver] = gradients(over, [x]) as [Tensor];
    const some = { ...given, u: values([5, 2, 3], 7) };
    expect(count([dOver], "concat")).toBe(0);
    expect(evaluate([dOver], some)[0]?.data ?? []).toBeAllclose(differences(over, some, "x"), { atol: 1e-8 });
  });

  test("a tensor that says the same twice counts twice", () => {
    const y = matmul(permute(w, [1, 0]), w);
    const loss = sum(mul(y, y));
    const [dw] = gradients(loss, [w]) as [Tensor];
    expect(evaluate([dw], given)[0]?.data ?? []).toBeAllclose(differences(loss, given, "w"), {
      rtol: 1e-6,
      atol: 1e-8,
    });
  });
});
