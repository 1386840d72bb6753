import { expect, test } from "vitest";
import { declare, nn, traceModel } from "../../../engine/nn/index.ts";
import { constant, evaluate, input } from "../../../engine/ops/index.ts";

const columns = [
  { name: "size", categories: null },
  { name: "kind", categories: 4 },
  { name: "nothing", categories: 1 },
  { name: "age", categories: null },
];

test("a category's vector is the product of the table with its one-hot code, that of an unknown one is 0; numbers follow", () => {
  const layer = nn.tabular(columns);
  const { parameters, outputShape } = declare(layer, [5, 4]);
  expect(parameters.map(({ name, shape }) => [name, shape])).toEqual([["embeds.0.weight", [3, 2]]]);
  expect(outputShape).toEqual([5, 4]);
  const weight = [11, 12, 21, 22, 31, 32];
  const x = [
    [0.5, 1, 0, -1],
    [1.5, 2, 0, -2],
    [2.5, 3, 0, -3],
    [3.5, 0, 0, -4],
    [4.5, 2, 0, -5],
  ];
  const zero = constant(0, [], "u32");
  const [w, given] = [input("w", [3, 2]), input("x", [5, 4])];
  const { output } = traceModel(layer, given, {
    parameters: { "embeds.0.weight": w },
    buffers: {},
    training: false,
    seed: zero,
    step: zero,
  });
  const values = evaluate([output], {
    w: { shape: [3, 2], dtype: "f32", data: Float64Array.from(weight) },
    x: { shape: [5, 4], dtype: "f32", data: Float64Array.from(x.flat()) },
  });
  const wanted = x.flatMap(([size = 0, kind = 0, , age = 0]) => {
    const hot = [1, 2, 3].map((k) => Number(k === kind));
    const vector = [0, 1].map((d) => hot.reduce((sum, h, k) => sum + h * (weight[2 * k + d] as number), 0));
    return [...vector, size, age];
  });
  expect([...(values[0]?.data ?? [])]).toEqual(wanted);
});

test("vectors are half as long as there are categories, and never above 50 numbers", () => {
  const widths = [2, 3, 4, 11, 200].map(
    (categories) => declare(nn.tabular([{ name: "a", categories }]), [2, 1]).outputShape[1],
  );
  expect(widths).toEqual([1, 2, 2, 6, 50]);
  expect(() => declare(nn.tabular([{ name: "a", categories: 1 }]), [2, 1])).toThrow("no column tells anything");
});
