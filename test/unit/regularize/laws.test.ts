import { describe, expect, test } from "vitest";
import { evaluate, gradients, input, type Tensor } from "../../../engine/ops/index.ts";
import { instance, type Params } from "../../../engine/params/index.ts";
import { normal } from "../../../engine/random/index.ts";
import { means, type Regularizer, regularizers } from "../../../engine/regularize/index.ts";

/** Every regularizer: its formula as a plain loop, derivatives, and what a limit promises. */

interface Example {
  readonly options: Readonly<Record<string, unknown>>;
  readonly penalty?: (w: readonly number[]) => number;
  /** Rows of units, within the limit. */
  readonly limit?: (rows: readonly (readonly number[])[]) => number[][];
  /** Units run over axis 1. */
  readonly columns?: true;
}

const sum = (v: readonly number[]) => v.reduce((a, b) => a + b, 0);
const shorter = (norm: number) => (rows: readonly (readonly number[])[]) =>
  rows.map((row) => row.map((w) => w * Math.min(1, norm / Math.hypot(...row))));

const examples: Readonly<Record<keyof typeof regularizers, readonly Example[]>> = {
  l1: [{ options: { alpha: 0.3 }, penalty: (w) => 0.3 * sum(w.map(Math.abs)) }],
  l2: [{ options: { alpha: 0.3 }, penalty: (w) => 0.3 * sum(w.map((x) => x * x)) }],
  elasticNet: [{ options: { l1: 0.3, l2: 0.7 }, penalty: (w) => sum(w.map((x) => 0.3 * Math.abs(x) + 0.7 * x * x)) }],
  maxNorm: [
    { options: { norm: 1.5 }, limit: shorter(1.5) },
    { options: { norm: 1.5, axis: 1 }, limit: shorter(1.5), columns: true },
  ],
};

const [UNITS, WIDTH] = [4, 3];
const given = Array.from(normal(8, 0, UNITS * WIDTH), (x, i) => (i < WIDTH ? 0.1 * x : x));
const run = (t: Tensor, data: readonly number[]) =>
  Array.from(
    evaluate([t], { w: { shape: [UNITS, WIDTH], dtype: "f32", data: Float64Array.from(data) } })[0]?.data ?? [],
  );
const w = input("w", [UNITS, WIDTH]);
const rowsOf = (data: readonly number[], columns: boolean) =>
  columns
    ? Array.from({ length: WIDTH }, (_, c) => data.filter((_, i) => i % WIDTH === c))
    : Array.from({ length: UNITS }, (_, r) => data.slice(r * WIDTH, (r + 1) * WIDTH));

describe.each(Object.entries(regularizers) as unknown as [keyof typeof regularizers, Regularizer["definition"]][])(
  "regularize.%s",
  (name, definition) => {
    const own = examples[name] ?? [];

    test("penalizes or limits, and every option is away from its default in an example", () => {
      expect(definition.penalty ?? definition.limit).toBeDefined();
      const shown = new Set(own.flatMap(({ options }) => Object.keys(options)));
      expect(Object.keys(definition.params as Params).filter((o) => o !== "on" && !shown.has(o))).toEqual([]);
    });

    test.each(own.map((e) => [JSON.stringify(e.options), e] as const))("%s is its formula", (_, e) => {
      const { options } = instance(name, definition, e.options);
      if (e.penalty) {
        const y = definition.penalty?.(w, options) as Tensor;
        expect(run(y, given)).toBeAllclose([e.penalty(given)], { rtol: 1e-12 });
        const [g] = gradients(y, [w]) as [Tensor];
        const at = (i: number, by: number) => e.penalty?.(given.map((x, j) => (i === j ? x + by : x))) as number;
        const differences = given.map((_, i) => (at(i, 1e-5) - at(i, -1e-5)) / 2e-5);
        expect(run(g, given)).toBeAllclose(differences, { rtol: 1e-7, atol: 1e-8 });
      }
      if (e.limit) {
        const y = definition.limit?.(w, options) as Tensor;
        const once = run(y, given);
        expect(rowsOf(once, e.columns === true).flat()).toBeAllclose(
          e.limit(rowsOf(given, e.columns === true)).flat(),
          {
            rtol: 1e-12,
          },
        );
        expect(once).not.toEqual(given);
        expect(run(y, once)).toEqual(once);
      }
    });

    test("means weights unless told, and names that a pattern or a path fits", () => {
      const made = (on?: RegExp | string) =>
        instance(name, definition, { ...own[0]?.options, ...(on === undefined ? {} : { on }) });
      expect(means(made(), { name: "0.weight", shape: [3, 2] })).toBe(true);
      expect(means(made(), { name: "0.bias", shape: [3] })).toBe(false);
      expect(means(made(/bias$/g), { name: "0.bias", shape: [3] })).toBe(true);
      expect(means(made(/bias$/g), { name: "0.bias", shape: [3] })).toBe(true);
      expect(means(made("0"), { name: "1.weight", shape: [3, 2] })).toBe(false);
    });
  },
);
