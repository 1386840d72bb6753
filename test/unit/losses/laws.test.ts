import { describe, expect, test } from "vitest";
import { type Loss, losses } from "../../../engine/losses/index.ts";
import { evaluate, gradients, input, sum, type Tensor, type Values } from "../../../engine/ops/index.ts";
import { instance, type Params } from "../../../engine/params/index.ts";
import { sizeOf } from "../../../engine/tensor/index.ts";
import { drawn, values } from "./drawn.ts";
import { examples } from "./examples.ts";

/** Laws of every loss: its formula as a plain loop, its derivatives, its reductions, and what batches add up to. */

function tensorsOf(given: { output: Values; target: Values }): { output: Tensor; target: Tensor } {
  const { output, target } = given;
  return { output: input("output", output.shape), target: input("target", target.shape, target.dtype) };
}

const run = (wanted: readonly Tensor[], given: { output: Values; target: Values }): number[][] =>
  evaluate(wanted, given).map(({ data }) => Array.from(data));

const rowsOf = ({ shape, data }: Values): number[][] => {
  const width = sizeOf(shape.slice(1));
  return Array.from({ length: shape[0] as number }, (_, i) => Array.from(data.slice(i * width, (i + 1) * width)));
};

/** Examples [from, to) of a batch. */
const some = ({ shape, data, dtype }: Values, from: number, to: number): Values => {
  const width = sizeOf(shape.slice(1));
  return values([to - from, ...shape.slice(1)], data.slice(from * width, to * width), dtype);
};

const total = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0);

const all = Object.entries(losses) as unknown as [keyof typeof examples, Loss["definition"]][];

describe.each(all)("loss.%s", (name, definition) => {
  const own = examples[name] ?? [];
  const make = (options: Readonly<Record<string, unknown>>): Loss => instance(name, definition, options) as Loss;
  const reduces = "reduction" in definition.params;

  test("every option is away from its default in an example", () => {
    const shown = new Set(own.flatMap(({ options }) => Object.keys(options)));
    const params = Object.keys(definition.params as Params).filter((option) => option !== "reduction");
    expect(params.filter((option) => !shown.has(option))).toEqual([]);
    expect(own.length).toBeGreaterThan(0);
  });

  describe.each(own.map((e) => [JSON.stringify(e.options).slice(0, 80), e.target, e] as const))(
    "%s of %s",
    (_, __, e) => {
      const loss = make(e.options);
      const given = drawn(e, 11);
      const found = e.formula(rowsOf(given.output), rowsOf(given.target));
      const { each, count } = "each" in found ? found : { each: found, count: found.length };
      const of = (how: Record<string, unknown>) => {
        const changed = make({ ...e.options, ...how });
        return run([changed.definition.compute(tensorsOf(given), changed.options)], given)[0] as number[];
      };

      test("is its formula", () => {
        expect(of({})).toBeAllclose([total(each) / count], { rtol: 1e-9, atol: 1e-10 });
        if (!reduces) return;
        expect(of({ reduction: "sum" })).toBeAllclose([total(each)], { rtol: 1e-9, atol: 1e-10 });
        if (!e.mixes) expect(of({ reduction: "none" })).toBeAllclose(each, { rtol: 1e-9, atol: 1e-10 });
      });

      test("has the derivative of central differences", () => {
        const tensors = tensorsOf(given);
        const value = sum(loss.definition.compute(tensors, loss.options));
        const [gradient] = gradients(value, [tensors.output]) as [Tensor];
        const [exact = []] = run([gradient], given);
        const at = (i: number, by: number) => {
          const data = given.output.data.slice();
          data[i] = (data[i] as number) + by;
          return run([value], { ...given, output: { ...given.output, data } })[0]?.[0] as number;
        };
        const h = 1e-6;
        const differences = exact.map((_, i) => (at(i, h) - at(i, -h)) / (2 * h));
        expect(exact).toBeAllclose(differences, { rtol: 1e-5, atol: 1e-7 });
        expect(exact.some((g) => g !== 0)).toBe(true);
      });

      test("of a set is that of one batch, whatever the batches", () => {
        if (e.mixes) return;
        for (const reduction of reduces ? ["mean", "sum"] : [undefined]) {
          const changed = make(reduction === undefined ? e.options : { ...e.options, reduction });
          const n = given.output.shape[0] as number;
          const sums = new Array<number>(definition.width(changed.options)).fill(0);
          for (const [from, to] of [
            [0, 1],
            [1, n],
          ] as const) {
            const batch = { output: some(given.output, from, to), target: some(given.target, from, to) };
            const scalars = changed.definition.sums(tensorsOf(batch), changed.options);
            expect(scalars.length).toBe(sums.length);
            run(scalars, batch).forEach(([value], k) => {
              sums[k] = (sums[k] as number) + (value as number);
            });
          }
          const whole = run([changed.definition.compute(tensorsOf(given), changed.options)], given)[0] as number[];
          expect([changed.definition.ofSet(sums, changed.options)]).toBeAllclose(whole, { rtol: 1e-9, atol: 1e-10 });
        }
      });
    },
  );
});
