import { describe, expect, test } from "vitest";
import {
  batched,
  constant,
  evaluate,
  gradients,
  input,
  iota,
  logSoftmax,
  logSumExp,
  matmul,
  mul,
  scalar,
  softmax,
  sub,
  sum,
  type Tensor,
  uniform,
  type Values,
  variance,
  windows,
} from "../../../engine/ops/index.ts";
import { uniform as hostUniform } from "../../../engine/random/index.ts";
import type { Shape } from "../../../engine/tensor/index.ts";

const f32 = (shape: Shape, ...data: number[]): Values => ({ shape, dtype: "f32", data: Float64Array.from(data) });
const value = (y: Tensor, inputs: Record<string, Values> = {}): number[] => [...(evaluate([y], inputs)[0]?.data ?? [])];

describe("elementwise functions", () => {
  test("shapes broadcast as NumPy's, and numbers take the other side's dtype", () => {
    const y = input("a", [2, 1])
      .add(input("b", [3]))
      .mul(2);
    expect(y.shape).toEqual([2, 3]);
    expect(value(y, { a: f32([2, 1], 1, 10), b: f32([3], 1, 2, 3) })).toEqual([4, 6, 8, 22, 24, 26]);
    expect(iota([3]).add(1).dtype).toBe("i32");
  });

  test("shapes that do not broadcast are named", () => {
    expect(() => input("a", [2, 3]).sub(input("b", [2, 4]))).toThrow(
      "sub: [2, 3] and [2, 4] do not broadcast (3 against 4)",
    );
  });

  test("dtypes are not mixed silently", () => {
    expect(() => input("a", [2]).add(input("b", [2], "i32"))).toThrow("add: f32 against i32; cast one of them");
    expect(() => input("b", [2], "i32").exp()).toThrow("exp: takes f32, not i32; cast it first");
  });

  test("functions of constants are constants, and neutral operations vanish", () => {
    const x = input("x", [2]);
    expect(x.mul(1)).toBe(x);
    expect(x.add(constant(0))).toBe(x);
    expect(x.neg().neg()).toBe(x);
    expect(constant(3).mul(4).attrs.value).toBe(12);
  });

  test("relu is 0 at 0 and below, with derivative 0, and lets NaN through", () => {
    const x = input("x", [4]);
    const inputs = { x: f32([4], -1, 0, 2, Number.NaN) };
    expect(value(x.relu(), inputs)).toEqual([0, 0, 2, Number.NaN]);
    const [g] = gradients(sum(x.relu()), [x]);
    expect(value(g as Tensor, inputs).slice(0, 3)).toEqual([0, 0, 1]);
  });

  test("the derivative of x^0 at 0 is 0, and that of 0^b in b too", () => {
    const [a, b] = [input("a", [2]), input("b", [2])];
    const inputs = { a: f32([2], 0, 0), b: f32([2], 0, 2) };
    const [da, db] = gradients(sum(a.pow(b)), [a, b]) as [Tensor, Tensor];
    expect(value(da, inputs)).toEqual([0, 0]);
    expect(value(db, inputs)).toEqual([0, 0]);
  });

  test("u32 arithmetic wraps at 2^32", () => {
    const x = input("x", [1], "u32");
    expect(value(x.add(5), { x: { shape: [1], dtype: "u32", data: Float64Array.of(2 ** 32 - 1) } })).toEqual([4]);
  });
});

describe("reductions", () => {
  const x = input("x", [2, 3]);
  const inputs = { x: f32([2, 3], 1, 5, 5, -2, 0, -1) };

  test("argmax takes the first of equal maxima, and the gradient of max goes there", () => {
    expect(value(x.argmax(1), inputs)).toEqual([1, 1]);
    const [g] = gradients(sum(x.max(1)), [x]);
    expect(value(g as Tensor, inputs)).toEqual([0, 1, 0, 0, 1, 0]);
  });

  test("axes count from the end, and keepdims keeps them", () => {
    expect(x.sum(-1, { keepdims: true }).shape).toEqual([2, 1]);
    expect(value(x.mean([0, 1]), inputs)).toEqual([8 / 6]);
    expect(() => x.sum(2)).toThrow("sum: axis 2 is outside a tensor of rank 2");
    expect(() => x.sum([0, -2])).toThrow("sum: axes [0, 0] name one axis twice");
  });

  test("variance divides by n - correction and keeps its digits far from 0", () => {
    const far = input("far", [3]);
    const values = { far: f32([3], 1e8 + 1, 1e8 + 2, 1e8 + 3) };
    expect(value(variance(far), values)).toEqual([1]);
    expect(value(variance(far, 0, { correction: 0 }), values)).toBeAllclose([2 / 3]);
  });

  test("a factor that all terms share is taken out of a sum", () => {
    const [s, t] = [input("s", [2, 1]), input("t", [3])];
    const values = { ...inputs, s: f32([2, 1], 2, -1), t: f32([3], 1, 2, 3) };
    expect(x.mul(s).neg().sum(1).op).toBe("neg");
    expect(value(x.mul(s).neg().sum(1), values)).toEqual([-22, -3]);
    expect(value(x.div(t).sum(0), values)).toEqual([-1, 2.5, 4 / 3]);
    expect(x.mul(t).sum(1).op).toBe("sum");
    expect(value(x.mul(t).sum(1), values)).toEqual([26, -5]);
    expect(value(x.mul(s).sum(), values)).toEqual([25]);
  });

  test("softmax, logSoftmax and logSumExp do not overflow", () => {
    const big = input("big", [3]);
    const values = { big: f32([3], 1000, 1000, -1000) };
    expect(value(softmax(big), values)).toEqual([0.5, 0.5, 0]);
    expect(value(logSoftmax(big), values)).toBeAllclose([-Math.LN2, -Math.LN2, -2000 - Math.LN2]);
    expect(value(logSumExp(big), values)).toBeAllclose([1000 + Math.LN2]);
  });

  test("the gradient of logSumExp is softmax", () => {
    const row = input("row", [4]);
    const values = { row: f32([4], 0.1, -2, 3, 0.5) };
    const [g] = gradients(logSumExp(row), [row]);
    expect(value(g as Tensor, values)).toBeAllclose(value(softmax(row), values), { rtol: 1e-12 });
  });
});

describe("movement", () => {
  test("windows that do not overlap are cut out, and agree with the sliding ones", () => {
    const x = input("x", [1, 5]);
    const inputs = { x: f32([1, 5], 1, 2, 3, 4, 5) };
    const y = windows(x, { axes: [1], size: [2], stride: [2], dilation: [1] });
    expect(y.op).not.toBe("slide");
    expect(value(y, inputs)).toEqual([1, 2, 3, 4]);
    const overlapping = windows(x, { axes: [1], size: [3], stride: [2], dilation: [1] });
    expect(overlapping.shape).toEqual([1, 2, 3]);
    expect(value(overlapping, inputs)).toEqual([1, 2, 3, 3, 4, 5]);
  });

  test("the gradient of overlapping windows adds up where they overlap", () => {
    const x = input("x", [5]);
    const [g] = gradients(sum(windows(x, { axes: [0], size: [3], stride: [1], dilation: [1] })), [x]);
    expect(value(g as Tensor, { x: f32([5], 0, 0, 0, 0, 0) })).toEqual([1, 2, 3, 2, 1]);
  });

  test("moving back and forth is nothing", () => {
    const x = input("x", [2, 3, 4]);
    expect(x.transpose().transpose()).toBe(x);
    expect(x.reshape([6, 4]).reshape([2, 3, 4]).inputs[0] ?? x).toBe(x);
    expect(x.reshape([-1, 4]).shape).toEqual([6, 4]);
    expect(() => x.reshape([-1, 5])).toThrow("reshape: [2, 3, 4] does not fit into [-1, 5]");
  });
});

describe("products", () => {
  test("matmul broadcasts leading axes and treats vectors as rows and columns", () => {
    const a = input("a", [2, 1, 2]);
    const b = input("b", [2, 2]);
    const inputs = { a: f32([2, 1, 2], 1, 2, 3, 4), b: f32([2, 2], 1, 0, 1, 1), v: f32([2], 1, 10) };
    expect(value(matmul(a, b), inputs)).toEqual([3, 2, 7, 4]);
    expect(matmul(b, a.reshape([2, 2, 1])).shape).toEqual([2, 2, 1]);
    expect(value(matmul(b, input("v", [2])), inputs)).toEqual([1, 11]);
    expect(matmul(input("v", [2]), input("v", [2])).shape).toEqual([]);
  });

  test("inner sizes that differ are named, with a way out where it works", () => {
    expect(() => matmul(input("x", [32, 784]), input("w", [10, 784]))).toThrow(
      "matmul: [32, 784] @ [10, 784]: inner sizes differ (784 against 10); the right side fits transposed",
    );
  });

  test("conv2d by hand: a 2x2 kernel of ones sums neighbours", () => {
    const x = input("x", [1, 1, 2, 3]);
    const y = x.conv2d(constant(1, [1, 1, 2, 2]), {
      padding: [
        [0, 0],
        [0, 1],
      ],
    });
    expect(value(y, { x: f32([1, 1, 2, 3], 1, 2, 3, 4, 5, 6) })).toEqual([12, 16, 9]);
  });

  test("conv2d names channels that do not fit", () => {
    expect(() => input("x", [1, 3, 8, 8]).conv2d(input("w", [4, 2, 3, 3]))).toThrow(
      "conv2d: [1, 3, 8, 8] with weight [4, 2, 3, 3]: 3 channels are not 2 times 1 group",
    );
    expect(() => input("x", [1, 2, 2, 8]).conv2d(input("w", [4, 2, 3, 3]))).toThrow(
      "the kernel spans 3, the padded image only 2",
    );
  });
});

test("uniform draws the numbers of engine/random", () => {
  const y = uniform({ seed: scalar("seed", "u32"), step: scalar("step", "u32"), stream: 5 }, [7]);
  const word = (n: number): Values => ({ shape: [], dtype: "u32", data: Float64Array.of(n) });
  expect(value(y, { seed: word(42), step: word(0) })).toEqual([...hostUniform(42, 5, 7)]);
});

describe("gradients", () => {
  test("are zeros where there is no path, or only one through integers", () => {
    const [x, other] = [input("x", [2]), input("other", [3])];
    const throughInteger = sum(x.cast("i32").cast("f32"));
    expect(gradients(throughInteger, [x, other]).map((g) => [g.op, g.attrs.value])).toEqual([
      ["constant", 0],
      ["constant", 0],
    ]);
  });

  test("need a scalar or a seed", () => {
    const x = input("x", [2]);
    expect(() => gradients(x.mul(x), [x])).toThrow("gradients: the loss is [2], not a scalar");
    const [g] = gradients(x.mul(x), [x], input("seed", [2]));
    expect(value(g as Tensor, { x: f32([2], 1, 2), seed: f32([2], 10, 100) })).toEqual([20, 400]);
  });

  test("stop at stopGradient", () => {
    const x = input("x", []);
    const [g] = gradients(mul(x, x.stopGradient()), [x]);
    expect(value(g as Tensor, { x: f32([], 3) })).toEqual([3]);
  });

  test("of gradients: the Hessian of Rosenbrock's function", () => {
    const p = input("p", [2]);
    const [x, y] = [p.slice(0, 0, 1).sum(), p.slice(0, 1, 2).sum()];
    const f = sub(1, x).square().add(y.sub(x.square()).square().mul(100));
    const [g] = gradients(f, [p]);
    const rows = [0, 1].map((i) => gradients((g as Tensor).slice(0, i, i + 1).sum(), [p])[0] as Tensor);
    const at = { p: f32([2], -1.2, 1) };
    expect(value(g as Tensor, at)).toBeAllclose([-215.6, -88]);
    expect(rows.flatMap((row) => value(row, at))).toBeAllclose([1330, 480, 480, 200]);
  });

  test("a chain of 20,000 nodes does not overflow the stack", () => {
    const x = input("x", []);
    let y: Tensor = x;
    for (let i = 0; i < 20_000; i++) y = y.sin();
    expect(gradients(y, [x])).toHaveLength(1);
  });
});

test("gradients over lanes are each lane's gradient", () => {
  const [x, w] = [input("x", [3]), input("w", [3, 2])];
  const loss = logSumExp(matmul(x, w).tanh());
  const [g] = gradients(loss, [w]);
  const over = input("w", [2, 3, 2]);
  const [lanes] = batched([g as Tensor], new Map([[w, over]]), 2);
  const values = Array.from({ length: 12 }, (_, i) => Math.sin(i));
  const xs = f32([3], 0.5, -1, 2);
  const got = value(lanes as Tensor, { x: xs, w: f32([2, 3, 2], ...values) });
  const want = [0, 6].flatMap((i) => value(g as Tensor, { x: xs, w: f32([3, 2], ...values.slice(i, i + 6)) }));
  expect(got).toBeAllclose(want, { rtol: 1e-12 });
});
