import { describe, expect, test } from "vitest";
import {
  apply,
  batched,
  evaluate,
  gradients,
  input,
  mul,
  ops,
  sum,
  type Tensor,
  type Values,
} from "../../../engine/ops/index.ts";
import { sizeOf } from "../../../engine/tensor/index.ts";
import { cases, draw, type OpCase } from "./cases.ts";
import { computingEmitter } from "./emitter.ts";

/** Named inputs x0, x1, ... and their values; `lanes` gives those in `mapped` a leading axis. */
function setUp({ inputs }: OpCase, lanes = 0, mapped: readonly boolean[] = []) {
  const values: Record<string, Values> = {};
  const tensors = inputs.map((operand, i) => {
    const lead = mapped[i] ? [lanes] : [];
    const shape = [...lead, ...operand.shape];
    values[`x${i}`] = { shape, dtype: operand.dtype, data: draw(operand, i, lead) };
    return input(`x${i}`, shape, operand.dtype);
  });
  return { tensors, values };
}

/** Fixed weights of the elements of y in a loss, so that each counts differently. */
const weights = (y: Tensor): Values => ({
  shape: y.shape,
  dtype: "f32",
  data: draw({ shape: y.shape, dtype: "f32", lo: 0.5, hi: 1.5 }, 99),
});

/** Central differences of the scalar `f` in every element of input `name`. */
function differences(f: Tensor, values: Readonly<Record<string, Values>>, name: string): Float64Array {
  const h = 1e-5;
  const given = values[name] as Values;
  return given.data.map((_, i) => {
    const at = (delta: number) => {
      const data = given.data.slice();
      data[i] = (data[i] as number) + delta;
      return evaluate([f], { ...values, [name]: { ...given, data } })[0]?.data[0] as number;
    };
    return (at(h) - at(-h)) / (2 * h);
  });
}

describe.each(Object.entries(ops))("%s", (name, record) => {
  const tried = cases[name];

  test("has cases", () => {
    expect(tried, `add cases for "${name}" to test/unit/ops/cases.ts`).toBeDefined();
    expect(record.summary).toMatch(/\.$/);
  });

  describe.each((tried ?? []).map((c, i) => [i, c] as const))("case %i", (_i, opCase) => {
    const { tensors, values } = setUp(opCase);
    const y = apply(name, tensors, opCase.attrs);
    const smooth = tensors.filter((x) => x.dtype === "f32");

    test("the reference gives as many numbers as the shape holds, none of them NaN", () => {
      const [result] = evaluate([y], values);
      expect(result?.data.length).toBe(sizeOf(y.shape));
      expect(result?.data.every((v) => !Number.isNaN(v))).toBe(true);
    });

    const { lower } = record;
    if (lower.kind === "element") {
      test("what emit computes at every coordinate is what the reference says", () => {
        const known = new Map(tensors.map((x, i) => [x, values[`x${i}`] as Values]));
        const got = coordinates(y.shape).map((at) => {
          const { emitter, numberOf } = computingEmitter(known);
          const here = at.map((offset) => ({ kind: "affine", offset, strides: [] }) as const);
          return numberOf(lower.emit(emitter, here, y, y.attrs));
        });
        expect(got).toBeAllclose(evaluate([y], values)[0]?.data ?? [], { rtol: 1e-12 });
      });
    }
    if (lower.kind === "expand") {
      test("what it is written in gives what the reference says", () => {
        const [written, reference] = evaluate([lower.to(tensors, y.attrs), y], values);
        expect(written?.shape).toEqual(y.shape);
        expect(written?.data ?? []).toBeAllclose(reference?.data ?? [], { rtol: 1e-12, atol: 1e-12 });
      });
    }

    if (y.dtype === "f32" && smooth.length && name !== "stopGradient") {
      const w = input("w", y.shape);
      const loss = sum(mul(y, w));
      const all = { ...values, w: weights(y) };
      const firsts = gradients(loss, smooth);

      test("gradients are central differences", () => {
        smooth.forEach((x, i) => {
          const [got] = evaluate([firsts[i] as Tensor], all);
          expect(got?.shape).toEqual(x.shape);
          expect(got?.data ?? []).toBeAllclose(differences(loss, all, x.attrs.name as string), {
            rtol: 1e-6,
            atol: 1e-8,
          });
        });
      });

      test("second derivatives are central differences of gradients", () => {
        const steepness = firsts.map((g) => sum(mul(g, g))).reduce((a, b) => a.add(b));
        const wrt = [...smooth, w];
        const seconds = evaluate(gradients(steepness, wrt), all);
        wrt.forEach((x, i) => {
          const want = differences(steepness, all, x.attrs.name as string);
          expect(seconds[i]?.data ?? []).toBeAllclose(want, { rtol: 1e-6, atol: 1e-7 });
        });
      });
    }

    if (tensors.length) {
      test("over lanes it is the op lane by lane, whichever inputs have lanes", () => {
        const lanes = 3;
        for (let which = 1; which < 2 ** tensors.length; which++) {
          const mapped = tensors.map((_, i) => (which >> i) % 2 === 1);
          const over = setUp(opCase, lanes, mapped);
          const lanesOf = new Map(
            tensors.map((x, i) => [x, over.tensors[i] as Tensor] as const).filter((_, i) => mapped[i]),
          );
          const [result] = batched([y], lanesOf, lanes);
          expect(result?.shape).toEqual([lanes, ...y.shape]);
          const got = evaluate([result as Tensor], { ...values, ...over.values })[0] as Values;
          for (let lane = 0; lane < lanes; lane++) {
            const here: Record<string, Values> = {};
            tensors.forEach((x, i) => {
              const { data } = over.values[`x${i}`] as Values;
              const from = mapped[i] ? lane * x.size : 0;
              here[`x${i}`] = { shape: x.shape, dtype: x.dtype, data: data.slice(from, from + x.size) };
            });
            const want = evaluate([y], here)[0]?.data ?? [];
            const part = got.data.slice(lane * y.size, (lane + 1) * y.size);
            expect(part, `lane ${lane}, mapped ${mapped}`).toBeAllclose(want, { rtol: 1e-12, atol: 1e-12 });
          }
        }
      });
    }
  });
});

function coordinates(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, n) => all.flatMap((at) => Array.from({ length: n }, (_, i) => [...at, i])),
    [[]],
  );
}
