import { describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { inContext } from "../../../engine/context/index.ts";
import { type Dataset, data, type Splits } from "../../../engine/data/index.ts";
import { tensor } from "../../../engine/tensor/index.ts";
import { testContext } from "../../support/context.ts";

/** Example i has x0 = i and belongs to patient floor(i / 4); every third is of class 1. */
const set: Dataset = data
  .tensors({
    x: tensor(Array.from({ length: 60 }, (_, i) => [i, Math.floor(i / 4)])),
    y: tensor(
      Array.from({ length: 60 }, (_, i) => Number(i % 3 === 0)),
      { dtype: "i32" },
    ),
  })
  .with({ featureNames: ["number", "patient"] });

const numbers = (part: Dataset | undefined): number[] =>
  Array.from({ length: part?.size ?? 0 }, (_, r) => part?.x.at(r, 0) as number);
const patients = (part: Dataset | undefined) => new Set(numbers(part).map((i) => Math.floor(i / 4)));
const all = ({ train, valid, test: held }: Splits) => [train, valid, held].flatMap(numbers);
const sorted = (list: readonly number[]) => [...list].sort((a, b) => a - b);
const whole = Array.from({ length: 60 }, (_, i) => i);

describe("groups", () => {
  test("are on one side each, by a column's name or by a list", () => {
    const list = whole.map((i) => `patient ${Math.floor(i / 4)}`);
    for (const groups of ["patient", list]) {
      for (const seed of [0, 1, 2]) {
        const sets = set.split({ valid: 0.2, test: 0.2, seed, groups });
        expect(sorted(all(sets))).toEqual(whole);
        const sides = [sets.train, sets.valid, sets.test].map(patients);
        expect(sides.reduce((n, side) => n + side.size, 0)).toBe(15);
        expect([sets.valid?.size, sets.test?.size]).toEqual([12, 12]);
      }
    }
  });

  test("of different size are taken while that brings a part nearer to what was asked for", () => {
    // groups of 1, 2, ... 10 and 5 examples: 60 in all
    const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 5];
    const groups = sizes.flatMap((size, g) => new Array<number>(size).fill(g));
    for (let seed = 0; seed < 20; seed++) {
      const { valid, train } = set.split({ valid: 12, seed, groups });
      const left = new Set(numbers(train).map((i) => groups[i]));
      const smallest = Math.min(...[...left].map((g) => sizes[g as number] as number));
      expect(Math.abs((valid?.size ?? 0) - 12)).toBeLessThanOrEqual(5);
      expect((valid?.size ?? 0) + smallest).toBeGreaterThan(12 - 5);
    }
  });

  test("that are too large are named", () => {
    const two = whole.map((i) => i < 30);
    expect(() => set.split({ valid: 0.2, test: 0.2, groups: two })).toThrow(
      "split: 2 groups leave no training examples; groups stay whole",
    );
    expect(() => set.split({ valid: 0.2, groups: [1, 2] })).toThrow(
      "split: groups has 2 values for 60 examples; give the group of each",
    );
    expect(() => set.split({ valid: 0.2, groups: "patiant" })).toThrow(
      'split: no column "patiant"; did you mean "patient"?',
    );
    expect(() => set.split({ valid: 0.2, groups: "patient", stratify: true })).toThrow(
      "split: groups and stratify are both given",
    );
  });
});

describe("without shuffling", () => {
  test("training comes first and test last", () => {
    const { train, valid, test: held } = set.split({ valid: 6, test: 0.1, shuffle: false });
    expect([numbers(train), numbers(valid), numbers(held)]).toEqual([
      whole.slice(0, 48),
      whole.slice(48, 54),
      whole.slice(54),
    ]);
    expect(() => set.split({ valid: 6, shuffle: false, stratify: true })).toThrow(
      "split: without shuffle the parts are as examples lie; leave out stratify",
    );
  });
});

describe("a class", () => {
  const rare = set.with({
    y: tensor(
      whole.map((i) => Number(i === 7)),
      { dtype: "i32" },
    ),
  });
  const splitSo = (missing: "train" | "valid", seed = 0): Splits | string => {
    try {
      const sets = rare.split({ valid: 0.5, seed });
      return numbers(missing === "train" ? sets.valid : sets.train).includes(7) ? sets : splitSo(missing, seed + 1);
    } catch (error) {
      return missing === "train" ? (error as Error).message : splitSo(missing, seed + 1);
    }
  };

  test("without training examples is an error with the way out", () => {
    expect(splitSo("train")).toBe(
      "split: of tensors class 1 has no training examples; take stratify: true, another seed, or leave the class out",
    );
  });

  test("without validation examples is told in the cell", () => {
    const context = testContext(undefined as unknown as Backend);
    inContext(context, () => splitSo("valid"));
    expect(context.events).toContainEqual({
      event: "text",
      stream: "stderr",
      text: "split: of tensors class 1 has no validation examples; take stratify: true, another seed, or leave the class out\n",
    });
  });
});

describe("folds", () => {
  test("validate on every example once, and train on all others", () => {
    for (const options of [{}, { stratify: false }, { groups: "patient" }, { shuffle: false }]) {
      const folds = set.folds(5, options);
      expect(folds).toHaveLength(5);
      expect(sorted(folds.flatMap(({ valid }) => numbers(valid)))).toEqual(whole);
      for (const fold of folds) expect(sorted(all(fold))).toEqual(whole);
    }
  });

  test("have the shares of the classes where there are classes, and whole groups", () => {
    const ones = (part: Dataset | undefined) => part?.y.data.filter((label) => label === 1).length;
    expect(set.folds(5).map(({ valid }) => ones(valid))).toEqual([4, 4, 4, 4, 4]);
    for (const { train, valid } of set.folds(5, { groups: "patient" })) {
      expect([...patients(valid)].filter((p) => patients(train).has(p))).toEqual([]);
    }
  });

  test("are the same for the same seed and no other", () => {
    const drawn = (seed: number) => String(set.folds(3, { seed }).map(({ valid }) => numbers(valid)));
    expect(drawn(1)).toBe(drawn(1));
    expect(drawn(1)).not.toBe(drawn(2));
  });

  test("in order train on what lies before, with a gap where one is asked for", () => {
    const folds = set.folds(3, { inOrder: true, gap: 2 });
    expect(folds.map(({ train, valid }) => [train.size, numbers(valid)[0], valid?.size])).toEqual([
      [13, 15, 15],
      [28, 30, 15],
      [43, 45, 15],
    ]);
  });

  test("learn from their own training parts", () => {
    for (const { train, prepared } of set.folds(4, { stratify: false }).map((fold) => fold.transform(data.center()))) {
      const own = train.restored();
      const mean = numbers(own).reduce((a, b) => a + b, 0) / own.size;
      expect(prepared?.steps[0]?.statistics.middle?.[0]).toBeCloseTo(mean, 5);
    }
  });

  test.each<[number, object, string]>([
    [1, {}, "folds: 1 folds; give a whole number of 2 or more, as folds(5)"],
    [2.5, {}, "folds: 2.5 folds; give a whole number"],
    [21, {}, "folds: class 1 has 20 examples for 21 folds; take 20 folds or fewer, or stratify: false"],
    [61, { stratify: false }, "folds: 61 folds of 60 examples: each needs one at least; take 60 or fewer"],
    [16, { groups: "patient" }, "folds: 16 folds of 15 groups: each needs one at least; take 15 or fewer"],
    [3, { inOrder: true, stratify: true }, "folds: in order nothing is drawn; leave out stratify"],
    [3, { gap: 1 }, "folds: gap is for folds in order; add inOrder: true"],
    [60, { inOrder: true }, "folds: 60 examples in their order do not give 60 folds"],
    [3, { sede: 1 }, 'folds: unknown option "sede"; did you mean "seed"?'],
  ])("%d with %j is refused", (k, options, message) => expect(() => set.folds(k, options)).toThrow(message));
});
