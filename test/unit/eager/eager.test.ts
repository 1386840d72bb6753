import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import { data } from "../../../engine/data/index.ts";
import { grad, tensor, valueAndGrad } from "../../../engine/eager/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { input, methods, type Tensor } from "../../../engine/ops/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { runGraph } from "../../../engine/plan/index.ts";
import { Experiment, inContext } from "../../../engine/session/index.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import { testContext } from "../../support/context.ts";

const array = (given: unknown) => (given as HostTensor).toArray();

describe("tensors with numbers", () => {
  const x = tensor([
    [1, 2],
    [3, 4],
  ]);

  test("compute as NumPy does, at once", () => {
    expect(x.add(1).toArray()).toEqual([
      [2, 3],
      [4, 5],
    ]);
    expect(x.mul(tensor([10, 100])).toArray()).toEqual([
      [10, 200],
      [30, 400],
    ]);
    expect(x.matmul(x).toArray()).toEqual([
      [7, 10],
      [15, 22],
    ]);
    expect(x.sum(0).toArray()).toEqual([4, 6]);
    expect(x.mean().item()).toBe(2.5);
    expect(x.transpose().slice(0, 0, 1).toArray()).toEqual([[1, 3]]);
    expect(x.argmax(1).dtype).toBe("i32");
    expect(x.greater(2).toArray()).toEqual([
      [false, false],
      [true, true],
    ]);
    expect(tensor.where(x.greater(2), x, 0).toArray()).toEqual([
      [0, 0],
      [3, 4],
    ]);
  });

  test("have every function of tensors as a method", () => {
    for (const name of Object.keys(methods)) expect(HostTensor.prototype, name).toHaveProperty(name);
  });

  test("are made by shape, by range and by chance", () => {
    expect(tensor.zeros([2, 1]).toArray()).toEqual([[0], [0]]);
    expect(tensor.ones([2], { dtype: "i32" }).dtype).toBe("i32");
    expect(tensor.full([], 7).item()).toBe(7);
    expect(tensor.arange(4).toArray()).toEqual([0, 1, 2, 3]);
    expect(tensor.arange(5, 0, -2).toArray()).toEqual([5, 3, 1]);
    expect(tensor.linspace(0, 1, 5).toArray()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(tensor.linspace(3, 9, 1).toArray()).toEqual([3]);
    expect(tensor.eye(2, 3).toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(tensor.rand([100], { seed: 4 }).toArray()).toEqual(tensor.rand([100], { seed: 4 }).toArray());
    expect(tensor.rand([100]).toArray()).not.toEqual(tensor.rand([100], { seed: 4 }).toArray());
    const z = tensor.randn([20_000], { seed: 1 });
    expect(z.mean().item()).toBeCloseTo(0, 1);
    expect(z.variance().item()).toBeCloseTo(1, 1);
    const dice = tensor.randint(1, 7, [6000], { seed: 2 });
    expect(new Set(dice.data)).toEqual(new Set([1, 2, 3, 4, 5, 6]));
    expect(dice.cast("f32").mean().item()).toBeCloseTo(3.5, 1);
  });

  test("are put together along an axis, or along a new one", () => {
    expect(tensor.concat([x, x.neg()], 1).toArray()).toEqual([
      [1, 2, -1, -2],
      [3, 4, -3, -4],
    ]);
    expect(tensor.stack([tensor([1, 2]), tensor([3, 4])], -1).toArray()).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });

  test("print with shape and dtype", () => {
    expect(String(x.div(4))).toBe("tensor([[0.2500, 0.5000],\n        [0.7500, 1.0000]], [2, 2] f32)");
  });

  test("say what does not fit", () => {
    expect(() => x.add(tensor([1, 2, 3]))).toThrow("add: [2, 2] and [3] do not broadcast (2 against 3)");
    expect(() => x.matmul(tensor([[1, 2, 3]]))).toThrow(/matmul: \[2, 2\] @ \[1, 3\]/);
    expect(() => x.add("3" as never)).toThrow('add: takes tensors and numbers, not "3"');
    expect(() => x.mul(undefined as never)).toThrow("mul: takes tensors and numbers, not undefined");
    expect(() => x.cast("f64" as never)).toThrow('cast: no dtype "f64"; there is f32, i32, u32, bool');
    expect(() => tensor.zeros([2, -1])).toThrow("full: [2, -1] is no shape");
    expect(() => tensor.zeros([1e6, 1e6])).toThrow("has 1000000000000 numbers; a tensor holds 536870912 at most");
    expect(() => tensor.arange(0, 1, 0)).toThrow("does not end");
    expect(() => tensor.rand([1], { seed: -1 })).toThrow("rand: seed = -1 is no whole number of [0, 4294967295]");
    expect(() => tensor.randint(3, 3, [1])).toThrow("no whole numbers to draw from 3 to below 3");
    expect(() => (tensor as unknown as { zeroes: unknown }).zeroes).toThrow(
      'no tensor function "zeroes"; did you mean "zeros"?',
    );
  });

  test("leave what they are computed from as it was, and memory as it was", () => {
    const a = tensor.randn([64, 64], { seed: 3 });
    const before = Array.from(a.data);
    for (let i = 0; i < 50; i++) a.matmul(a).relu().sum();
    expect(Array.from(a.data)).toEqual(before);
  });
});

describe("derivatives", () => {
  const f = (x: Tensor) => x.mul(x).mul(x).sum();

  test("of a function of one tensor, and of the derivative again", () => {
    expect(array(grad(f)(tensor([1, 2, 3])))).toEqual([3, 12, 27]);
    const second = grad((x: Tensor) => (grad(f)(x) as Tensor).sum());
    expect(array(second(tensor([1, 2, 3])))).toEqual([6, 12, 18]);
    expect((grad(grad((x: Tensor) => x.pow(3)))(2) as HostTensor).item()).toBe(12);
  });

  test("of tensors by name, with the value", () => {
    const inputs = tensor([
      [1, 2],
      [3, 4],
    ]);
    const [value, g] = valueAndGrad(({ w, b }: { w: Tensor; b: Tensor }) =>
      (inputs.matmul(w) as unknown as Tensor).add(b).square().mean(),
    )({
      w: [[1], [2]],
      b: 0.5,
    }) as [HostTensor, { w: HostTensor; b: HostTensor }];
    const at = (w0: number, w1: number, b: number) => ((1 * w0 + 2 * w1 + b) ** 2 + (3 * w0 + 4 * w1 + b) ** 2) / 2;
    expect(value.item()).toBeCloseTo(at(1, 2, 0.5), 4);
    const h = 1e-4;
    expect(g.w.at(0, 0)).toBeCloseTo((at(1 + h, 2, 0.5) - at(1 - h, 2, 0.5)) / (2 * h), 3);
    expect(g.w.at(1, 0)).toBeCloseTo((at(1, 2 + h, 0.5) - at(1, 2 - h, 0.5)) / (2 * h), 3);
    expect(g.b.item()).toBeCloseTo((at(1, 2, 0.5 + h) - at(1, 2, 0.5 - h)) / (2 * h), 3);
  });

  test("the same tensor twice is two variables", () => {
    const x = tensor([2]);
    const [a, b] = grad(([a, b]: Tensor[]) =>
      (a as Tensor)
        .mul(b as Tensor)
        .add(a as Tensor)
        .sum(),
    )([x, x]) as HostTensor[];
    expect([a?.item(), b?.item()]).toEqual([3, 2]);
  });

  test("say what has none", () => {
    expect(() => grad((x: Tensor) => x.mul(2))(tensor([1, 2]))).toThrow("gradients: the loss is [2], not a scalar");
    expect(() => grad((() => 3) as never)(tensor([1]))).toThrow("grad: the function returned a number, not a tensor");
    expect(() => grad(f)("x")).toThrow("grad: the first argument has no tensor to derive by");
    expect(() => grad(f)(tensor([1], { dtype: "i32" }))).toThrow('has no derivative; take { dtype: "f32" }');
    expect(() => grad(3 as never)).toThrow("grad: takes a function of tensors, not number");
  });
});

describe.each([
  ["wasm", wasmProvider],
  ["webgpu", webgpuProvider],
])("tensors with numbers among those of %s", (_name, provider) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await provider.open({ threads: 2, log: () => {} });
  });
  afterAll(() => backend.close());

  test("are part of a graph", async () => {
    const table = tensor([
      [1, 2],
      [3, 4],
    ]);
    const x = input("x", [2, 2]);
    const [y] = await runGraph(backend, [x.matmul(table).add(tensor([10, 20]))], { x: [1, 0, 0, 1] });
    expect(Array.from(y as Float32Array)).toEqual([11, 22, 13, 24]);
  });

  test("are part of a model that is trained, validated and asked for predictions", async () => {
    const features = tensor.randn([64, 2], { seed: 1 });
    const weights = tensor([[2], [-1]]);
    const sets = data.tensors({ x: features, y: features.matmul(weights) });
    const scale = tensor([2, 1]);
    const exp = new Experiment({
      data: sets,
      model: nn.module({ out: nn.linear(1) }, ({ out }, x) => out(x.mul(scale))),
      loss: loss.mse(),
      optimizer: optim.sgd({ lr: 0.1 }),
      batchSize: 16,
    });
    await inContext(testContext(backend), async () => {
      const run = await exp.fit({ epochs: 30 });
      const prediction = await run.predict(tensor([[1, 1]]));
      expect(prediction.item()).toBeCloseTo(1, 2);
      expect(run.weights.parameters[0]).toBeCloseTo(1, 2); // half of 2: inputs are doubled
    });
  });
});

test("a value has the same bits in this thread and on the pool's", async () => {
  const backend = await wasmProvider.open({ threads: 2, log: () => {} });
  const a = tensor.randn([37, 129], { seed: 5 });
  const b = tensor.randn([129, 41], { seed: 6 });
  const eager = a.matmul(b).softmax(1).log().sum(0);
  const [x, y] = [input("a", a.shape), input("b", b.shape)];
  const [pooled] = await runGraph(backend, [x.matmul(y)], { a: a.data, b: b.data });
  expect(a.matmul(b).data).toEqual(pooled);
  expect(eager.shape).toEqual([41]);
  await backend.close();
});
