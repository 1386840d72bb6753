import { describe, expect, test } from "vitest";
import {
  cosineSimilarity,
  einsum,
  evaluate,
  gradients,
  input,
  type Tensor,
  type Values,
} from "../../../engine/ops/index.ts";
import type { Shape } from "../../../engine/tensor/index.ts";

const values = (shape: Shape, salt: number): Values => ({
  shape,
  dtype: "f32",
  data: Float64Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => Math.sin(3 * i + salt)),
});

/** Every letter of an equation without dots counts up, and products are added where the output says. */
function loops(equation: string, operands: readonly Values[]): number[] {
  const [left = "", right = ""] = equation.split("->");
  const terms = left.split(",");
  const letters = [...new Set(left.replaceAll(",", ""))];
  const length = (letter: string): number =>
    Math.max(
      ...terms.flatMap((term, i) =>
        [...term].flatMap((l, axis) => (l === letter ? [operands[i]?.shape[axis] ?? 1] : [])),
      ),
    );
  const flat = (names: string, shape: readonly number[], at: ReadonlyMap<string, number>): number =>
    [...names].reduce(
      (k, l, axis) => k * (shape[axis] as number) + Math.min(at.get(l) as number, (shape[axis] as number) - 1),
      0,
    );
  const shape = [...right].map(length);
  const out = new Array<number>(shape.reduce((n, d) => n * d, 1)).fill(0);
  const walk = (rest: readonly string[], at: Map<string, number>): void => {
    const [letter, ...others] = rest;
    if (letter === undefined) {
      const product = terms.reduce(
        (p, term, i) => p * (operands[i]?.data[flat(term, operands[i]?.shape ?? [], at)] as number),
        1,
      );
      const k = flat(right, shape, at);
      out[k] = (out[k] as number) + product;
      return;
    }
    for (let i = 0; i < length(letter); i++) walk(others, at.set(letter, i));
  };
  walk(letters, new Map());
  return out;
}

const run = (equation: string, shapes: readonly Shape[]) => {
  const given = shapes.map(values);
  const tensors = shapes.map((shape, i) => input(`x${i}`, shape));
  const y = einsum(equation, ...tensors);
  const named = Object.fromEntries(given.map((v, i) => [`x${i}`, v]));
  return { y, given, tensors, got: (t: Tensor) => [...(evaluate([t], named)[0]?.data ?? [])] };
};

describe("einsum is its loops", () => {
  test.each([
    [
      "ij,jk->ik",
      [
        [2, 3],
        [3, 4],
      ],
    ],
    [
      "bij,bkj->bki",
      [
        [2, 3, 2],
        [2, 4, 2],
      ],
    ],
    ["ij,j->i", [[2, 3], [3]]],
    ["i,j,k->kij", [[2], [3], [2]]],
    [
      "ij,ij->",
      [
        [2, 3],
        [2, 3],
      ],
    ],
    [
      "ii,ij->j",
      [
        [3, 3],
        [3, 2],
      ],
    ],
    ["iij->ij", [[3, 3, 2]]],
    [
      "abc,cd,ae->bde",
      [
        [2, 3, 2],
        [2, 4],
        [2, 2],
      ],
    ],
    [
      "ij,ij->ij",
      [
        [2, 3],
        [1, 3],
      ],
    ],
    [
      "ij,jk->ik",
      [
        [2, 1],
        [3, 2],
      ],
    ],
    [
      "ij,ik->j",
      [
        [2, 3],
        [2, 4],
      ],
    ],
    ["abcd->db", [[2, 3, 2, 2]]],
  ] as [string, Shape[]][])("%s", (equation, shapes) => {
    const { y, given, got } = run(equation, shapes);
    expect(got(y)).toBeAllclose(loops(equation, given), { rtol: 1e-12, atol: 1e-12 });
  });

  test("dots stand for axes in front, also without an output", () => {
    const { y, got, tensors } = run("...ij,jk", [
      [2, 2, 3, 2],
      [2, 4],
    ]);
    expect(y.shape).toEqual([2, 2, 3, 4]);
    expect(got(y)).toBeAllclose(got((tensors[0] as Tensor).matmul(tensors[1] as Tensor)));
  });

  test("matrix products are one contraction, and attention's scores too", () => {
    expect(einsum("ij,jk->ik", input("a", [2, 3]), input("b", [3, 4])).op).toBe("contract");
    expect(einsum("bhqd,bhkd->bhqk", input("a", [2, 2, 3, 4]), input("b", [2, 2, 5, 4])).op).toBe("contract");
  });
});

test("an equation that does not fit is named with what is wrong", () => {
  const [a, b] = [input("a", [2, 3]), input("b", [4, 2])];
  expect(() => einsum("ij,jk->ik", a, b)).toThrow('einsum: "ij,jk->ik": "j" is 3 long, and 4 in [4, 2]');
  expect(() => einsum("ij->ik", a)).toThrow('einsum: "ij->ik": no operand has "k"');
  expect(() => einsum("ij->ii", a)).toThrow('the output has "i" twice');
  expect(() => einsum("ij,jk", a)).toThrow("names 2 operands, and 1 are given");
  expect(() => einsum("ijk->i", a)).toThrow('"ijk" does not name the axes of [2, 3]');
  expect(() => einsum("i..j->i", a)).toThrow('"i..j" has dots that are not one "..."');
  expect(() => einsum("ij->i->j", a)).toThrow('is not of the form "ij,jk->ik"');
  expect(() => einsum("ii->i", a)).toThrow('"i" is 2 long, and 3 in [2, 3]');
});

test("cosineSimilarity of a zero vector is 0, and so is its gradient by the other", () => {
  const [a, b] = [input("a", [1, 2]), input("b", [1, 2])];
  const y = cosineSimilarity(a, b);
  const zero: Values = { shape: [1, 2], dtype: "f32", data: Float64Array.of(0, 0) };
  const got = evaluate([y, gradients(y.sum(), [b])[0] as Tensor], { a: zero, b: values([1, 2], 1) });
  expect(got.flatMap(({ data }) => [...data])).toEqual([0, 0, 0]);
});
