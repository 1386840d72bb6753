import { describe, expect, test } from "vitest";
import { ByteTensor, HostTensor, unitLevels } from "../../../engine/tensor/index.ts";

const bytes = Uint8Array.from({ length: 4 * 6 }, (_, i) => (i * 37) % 256);
const packed = new ByteTensor([4, 2, 3], bytes, unitLevels());
const plain = new HostTensor(
  [4, 2, 3],
  "f32",
  Float32Array.from(bytes, (b) => b / 255),
);

test("a tensor of bytes is the tensor of the numbers that they stand for", () => {
  expect(packed.toArray()).toEqual(plain.toArray());
  expect([...packed.data]).toEqual([...plain.data]);
  expect(String(packed)).toBe(String(plain));
  expect(packed.at(-1, 1, 2)).toBe(plain.at(-1, 1, 2));
  expect([packed.size, packed.rank, packed.dtype]).toEqual([24, 3, "f32"]);
  expect(packed.rows([3, 0]).toArray()).toEqual(plain.rows([3, 0]).toArray());
  expect(packed.reshape([-1, 6]).toArray()).toEqual(plain.reshape([-1, 6]).toArray());
  expect(() => packed.rows([4])).toThrow("rows: 4 is outside the 4 rows of [4, 2, 3]");
  expect(() => packed.reshape([5])).toThrow(/do not fill \[5\]/);
  expect(() => new ByteTensor([5], bytes, unitLevels())).toThrow("24 bytes do not fill [5]");
});

describe("scaling", () => {
  const many = 1536;
  const large = new ByteTensor(
    [many, 6],
    Uint8Array.from({ length: many * 6 }, (_, i) => (i * 97) % 256),
    unitLevels(),
  );
  const spread = new HostTensor([many, 6], "f32", large.data.slice());

  test.each([1, 2, 3, 6])("by %s groups gives the bits of plain storage, in bytes", (groups) => {
    const change = (v: number, g: number) => (v - 0.3 * g) / (1.7 + g);
    const once = large.scaled(groups, change);
    expect(once).toBeInstanceOf(ByteTensor);
    expect([...once.data]).toEqual([...spread.scaled(groups, change).data]);
    for (const next of [1, 2, 3]) {
      const twice = once.scaled(next, (v, g) => v * (g + 0.1) - 1);
      const expected = spread.scaled(groups, change).scaled(next, (v, g) => v * (g + 0.1) - 1);
      expect([...twice.data]).toEqual([...expected.data]);
      expect([...twice.reshape([many / 2, 12]).data]).toEqual([...expected.data]);
    }
  });

  test("of few rows by every place gives plain storage, which is smaller than the table", () => {
    const small = packed.scaled(6, (v, g) => v * g);
    expect(small).not.toBeInstanceOf(ByteTensor);
    expect([...small.data]).toEqual([...plain.scaled(6, (v, g) => v * g).data]);
  });
});
