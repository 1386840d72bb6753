import { inspect } from "node:util";
import { expect, test } from "vitest";
import { HostTensor, type Nested, tensor } from "../../../engine/tensor/index.ts";

test("nested lists give shape, dtype and numbers, and come back", () => {
  const t = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect(t.shape).toEqual([2, 3]);
  expect(t.dtype).toBe("f32");
  expect(t.at(1, -1)).toBe(6);
  expect(t.toArray()).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect(tensor([true, false]).dtype).toBe("bool");
  expect(tensor([true, false]).toArray()).toEqual([true, false]);
  expect(tensor(5).item()).toBe(5);
  expect(tensor(new Int32Array([1, 2]), { dtype: "i32" }).toArray()).toEqual([1, 2]);
});

test.each([
  [[[1, 2], [3]], "tensor: [1] is 1 values where the first of its depth has 2"],
  [[[1, 2], 3], "tensor: [1] is a single value where the first of its depth has 2 values"],
  [[1, [2]], "tensor: [1] is a list of 1 where the first of its depth has a single value"],
  [[1, "2"], 'tensor: element [1] is "2", not a number'],
])("%j is refused", (values, message) => {
  expect(() => tensor(values as Nested)).toThrow(message);
});

test("what does not fit the dtype is refused", () => {
  expect(() => tensor([1.5], { dtype: "i32" })).toThrow("tensor: element 0 is 1.5, which is no i32");
  expect(() => tensor([-1], { dtype: "u32" })).toThrow("tensor: element 0 is -1, which is no u32");
  expect(() => new HostTensor([2, 2], "f32", new Float32Array(3))).toThrow("tensor: 3 values do not fill [2, 2]");
});

test("reshape shares the numbers and rows picks examples", () => {
  const t = tensor([1, 2, 3, 4, 5, 6]);
  expect(t.reshape([-1, 2]).shape).toEqual([3, 2]);
  expect(t.reshape([3, 2]).rows([2, 0]).toArray()).toEqual([
    [5, 6],
    [1, 2],
  ]);
  expect(() => t.reshape([4, -1])).toThrow("reshape: [6] has 6 values, which do not fill [4, -1]");
  expect(() => t.rows([6])).toThrow("rows: 6 is outside the 6 rows of [6]");
  expect(() => t.item()).toThrow("item: [6] has 6 values, not one");
  expect(() => t.at(7)).toThrow("at: index 7 is outside axis 0 of [6]");
});

test("prints as PyTorch does, with shape and dtype", () => {
  expect(
    inspect(
      tensor([
        [1, 2],
        [3, -4],
      ]),
    ),
  ).toBe("tensor([[ 1.,  2.],\n        [ 3., -4.]], [2, 2] f32)");
  expect(String(tensor([0.5, Number.NaN, Infinity]))).toBe("tensor([0.5000,    nan,    inf], [3] f32)");
  expect(String(tensor([1e-5, 1]))).toBe("tensor([1.0000e-05, 1.0000e+00], [2] f32)");
  expect(String(tensor([1, 22], { dtype: "i32" }))).toBe("tensor([ 1, 22], [2] i32)");
  expect(String(tensor(3.25))).toBe("tensor(3.2500, [] f32)");
  expect(String(tensor([]))).toBe("tensor([], [0] f32)");
  expect(String(tensor([[[1]], [[2]]]))).toBe("tensor([[[1.]],\n\n        [[2.]]], [2, 1, 1] f32)");
});

test("a large tensor prints its edges only", () => {
  const text = String(
    new HostTensor(
      [2000],
      "i32",
      Int32Array.from({ length: 2000 }, (_, i) => i),
    ),
  );
  expect(text).toBe("tensor([   0,    1,    2, ..., 1997, 1998, 1999], [2000] i32)");
});

test("options that tensor() does not have are refused, not passed over", () => {
  const given = (options: unknown) => () => tensor([1], options as { dtype: "i32" });
  expect(given("i32")).toThrow('tensor: no "i32"; there is { dtype: "f32" | "i32" | "u32" | "bool" }');
  expect(given({ dtype: "float32" })).toThrow('tensor: no dtype "float32"');
  expect(given({ type: "i32" })).toThrow('tensor: no option "type"');
});
