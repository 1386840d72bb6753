import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compareGroups, figureOf } from "../../../engine/compare/comparison.ts";
import { differenceOfSeeds, isBeyondNoise, paired, welch } from "../../../engine/compare/difference.ts";
import { binomialError, differenceOfRuns, wobbleOf } from "../../../engine/compare/noise.ts";
import { differenceOfExamples, mcnemar } from "../../../engine/compare/sameExamples.ts";
import { studentBound, studentCdf } from "../../../engine/compare/student.ts";
import { verdictOf } from "../../../engine/compare/words.ts";
import { normal, words } from "../../../engine/random/index.ts";
import { madeUp } from "../../support/runs.ts";

interface Interval {
  a: number[];
  b: number[];
  low: number;
  high: number;
  df: number;
}

/** By scipy 1.10: stats.t.ppf, stats.t.cdf, the interval that goes with ttest_ind(equal_var=False), and stats.t.interval of the differences. */
const scipy = JSON.parse(readFileSync(new URL("./scipy.json", import.meta.url), "utf8")) as {
  bounds: [level: number, degrees: number, bound: number][];
  cdf: [t: number, degrees: number, p: number][];
  normal: number;
  welch: Interval[];
  paired: Interval[];
  /** stats.binomtest(b, b + c).pvalue, by scipy 1.17. */
  mcnemar: [b: number, c: number, p: number][];
};

describe("Student's t", () => {
  test.each(scipy.bounds)("at level %d with %d degrees reaches to %d, as scipy's", (level, degrees, bound) => {
    expect(Math.abs(studentBound(level, degrees) / bound - 1)).toBeLessThan(1e-8);
  });

  test.each(scipy.cdf)("below %d with %d degrees lies %d, as scipy's", (t, degrees, p) => {
    expect(Math.abs(studentCdf(t, degrees) - p)).toBeLessThan(1e-12);
  });

  test("becomes the normal distribution, and is nothing without a degree of freedom", () => {
    expect(studentBound(0.95, Number.POSITIVE_INFINITY)).toBeCloseTo(scipy.normal, 5);
    expect(studentBound(0.95, 0)).toBeNaN();
  });
});

describe("intervals", () => {
  test.each(scipy.welch)("Welch's of $a and $b is scipy's", ({ a, b, low, high, df }) => {
    const found = welch(a, b);
    expect(found.low).toBeCloseTo(low, 10);
    expect(found.high).toBeCloseTo(high, 10);
    expect(found.degrees).toBeCloseTo(df, 8);
  });

  test.each(scipy.paired)("of pairs $a and $b is scipy's", ({ a, b, low, high, df }) => {
    const found = paired(a.map((v, i) => [v, b[i] as number] as const));
    expect(found.low).toBeCloseTo(low, 10);
    expect(found.high).toBeCloseTo(high, 10);
    expect(found.degrees).toBe(df);
  });

  test("are of pairs where both sides have the same seeds, in any order, and else Welch's", () => {
    const a = { finals: [0.9, 0.8, 0.7], seeds: [1, 2, 3] };
    const shuffled = { finals: [0.69, 0.88, 0.79], seeds: [3, 1, 2] };
    expect(differenceOfSeeds(a, shuffled)).toMatchObject({ by: "paired seeds", degrees: 2 });
    expect(differenceOfSeeds(a, shuffled)?.mean).toBeCloseTo(0.04 / 3, 12);
    expect(differenceOfSeeds(a, { ...shuffled, seeds: [3, 1, 4] })?.by).toBe("seeds");
    expect(differenceOfSeeds(a, { finals: [0.5, 0.6, 0.7], seeds: [1, 1, 2] })?.by).toBe("seeds");
  });

  test("take one run to vary as the several on the other side do, and give none for two single runs", () => {
    const several = { finals: [0.9, 0.91, 0.92, 0.93], seeds: [1, 2, 3, 4] };
    const found = differenceOfSeeds(several, { finals: [0.95], seeds: [1] });
    expect(found).toMatchObject({ by: "seeds of one side", degrees: 3 });
    // by hand: sd 0.012910 of the four, times sqrt(1 + 1/4), times t(0.975, 3) = 3.18245
    expect((found?.high as number) - (found?.mean as number)).toBeCloseTo(0.0129099 * Math.sqrt(1.25) * 3.18245, 5);
    expect(differenceOfSeeds({ finals: [1], seeds: [1] }, { finals: [2], seeds: [1] })).toBeNull();
  });

  test.each([
    [[0.9583, 0.9583, 0.9583, 0.9625, 0.9625], false],
    [[0.9583, 0.9583, 0.9583, 0.9583, 0.9625], false],
    [[0.957, 0.958, 0.959, 0.958, 0.99], true],
  ])("of seeds that end with %j: that one found a better minimum is %s", (finals, found) => {
    const plain = madeUp({ name: "run", lr: 1, steps: 0 });
    const runs = finals.map((validAccuracy, seed) => ({
      ...plain,
      config: { ...plain.config, seed },
      final: { validAccuracy },
    }));
    const verdict = verdictOf(compareGroups([{ label: "all", runs }], figureOf(runs, null)));
    expect(verdict.includes("better minimum")).toBe(found);
  });

  test("leave out runs that broke off", () => {
    const a = { finals: [0.9, Number.NaN, 0.8, 0.85], seeds: [1, 2, 3, 4] };
    const b = { finals: [0.9, 0.7, 0.8, 0.85], seeds: [1, 2, 3, 4] };
    const found = differenceOfSeeds(a, b);
    expect(found?.by).toBe("seeds");
    expect(found?.mean).toBeCloseTo(0.85 - 0.8125, 12);
  });
});

describe("equal arms", () => {
  const TIMES = 3000;

  test.each([
    { n: 3, same: true },
    { n: 3, same: false },
    { n: 5, same: true },
    { n: 5, same: false },
    { n: 10, same: false },
  ])("of $n seeds (same seeds: $same) are called different in no more than 6 % of 3,000 draws", ({ n, same }) => {
    const draws = normal(17, n + Number(same) * 100, TIMES * 2 * n);
    let different = 0;
    for (let i = 0; i < TIMES; i++) {
      const at = 2 * n * i;
      const seeds = Array.from({ length: n }, (_, k) => k);
      const found = differenceOfSeeds(
        { finals: [...draws.slice(at, at + n)], seeds },
        { finals: [...draws.slice(at + n, at + 2 * n)], seeds: same ? seeds : seeds.map((k) => k + n) },
      );
      if (found && isBeyondNoise(found)) different++;
    }
    expect(different / TIMES).toBeLessThanOrEqual(0.06);
    expect(different / TIMES).toBeGreaterThan(0.02);
  });

  test.each([
    { k: 3, n: 5 },
    { k: 5, n: 5 },
    { k: 8, n: 5 },
    { k: 8, n: 3 },
  ])("of $n seeds, $k of them: one is called worse than the best in no more than 6 % of 1,000 draws", ({ k, n }) => {
    const times = 1000;
    const plain = madeUp({ name: "run", lr: 1, steps: 0 });
    const draws = normal(31, 100 * k + n, times * k * n);
    const figure = { name: "validation loss", part: "valid", key: "loss", better: "lower", examples: null } as const;
    let different = 0;
    for (let i = 0; i < times; i++) {
      const groups = Array.from({ length: k }, (_, g) => ({
        label: `group ${g}`,
        runs: Array.from({ length: n }, (_, seed) => ({
          ...plain,
          config: { ...plain.config, seed },
          final: { validLoss: draws[(i * k + g) * n + seed] as number },
        })),
      }));
      const found = compareGroups(groups, figure);
      if (found.groups.some(({ behind }) => behind && isBeyondNoise(behind))) different++;
    }
    expect(different / times).toBeLessThanOrEqual(0.06);
  });

  test("of single runs with accuracies over 300 examples and epochs that go up and down are called different in no more than 6 %", () => {
    const examples = 300;
    const epochs = 12;
    let different = 0;
    const times = 1500;
    const share = (key: number, i: number) =>
      words(23, key, i, examples).reduce((sum, word) => sum + Number(word / 2 ** 32 < 0.9), 0) / examples;
    for (let i = 0; i < times; i++) {
      const wobble = normal(29, i, 2 * epochs);
      const run = (arm: number) => {
        const level = share(arm, i);
        const values = Array.from({ length: epochs }, (_, e) => level + 0.004 * (wobble[arm * epochs + e] as number));
        return { final: values.at(-1) as number, epochs: values, examples };
      };
      const found = differenceOfRuns(run(0), run(1));
      if (found && isBeyondNoise(found)) different++;
    }
    expect(different / times).toBeLessThanOrEqual(0.06);
  });
});

describe("the same examples", () => {
  test.each(scipy.mcnemar)("%d against %d has McNemar's exact p of %d, as scipy's binomtest", (b, c, p) => {
    expect(Math.abs(mcnemar(b, c) / p - 1)).toBeLessThan(1e-9);
  });

  test("of which none is told apart say nothing", () => {
    const found = differenceOfExamples({ examples: 100, onlyFirst: 0, onlySecond: 0 });
    expect([found.p, found.mean, found.low < 0, found.high > 0]).toEqual([1, 0, true, true]);
  });

  test("give the interval of Agresti and Min", () => {
    // by hand: (14.5 - 5.5) / 102 ± 1.959964 sqrt(20 - 81 / 102) / 102
    const { mean, low, high } = differenceOfExamples({ examples: 100, onlyFirst: 14, onlySecond: 5 });
    expect([mean, low, high].map((v) => Number(v.toFixed(5)))).toEqual([0.09, 0.00403, 0.17245]);
  });

  test("say that two equal runs differ in no more than 5 % of 3,000 draws", () => {
    const times = 3000;
    let different = 0;
    for (let i = 0; i < times; i++) {
      // 40 of the examples are got right by one alone, either as likely
      const first = words(37, i, 0, 40).filter((word) => word < 2 ** 31).length;
      const found = differenceOfExamples({ examples: 400, onlyFirst: first, onlySecond: 40 - first });
      if (found.p < 0.05) different++;
    }
    expect(different / times).toBeLessThanOrEqual(0.05);
  });
});

describe("single runs", () => {
  test("a share of examples has its binomial error, and even all right leave some", () => {
    // by hand: (90 + 2) / 104, sqrt(p (1 - p) / 104)
    expect(binomialError(0.9, 100)).toBeCloseTo(0.0313, 4);
    expect(binomialError(1, 100)).toBeGreaterThan(0.01);
  });

  test("what still improves evenly is no noise; what goes up and down is", () => {
    expect(wobbleOf([1, 0.9, 0.8, 0.7, 0.6, 0.5])?.variance).toBeCloseTo(0, 12);
    // residuals of [0, 1, 0, 1, 0] about 0.4 (no slope): 3 * 0.16 + 2 * 0.36 over 3 degrees
    expect(wobbleOf([0, 1, 0, 1, 0])?.variance).toBeCloseTo(0.4, 12);
    expect(wobbleOf([1, 2, 3])).toBeNull();
  });

  test("nothing is said where nothing is known", () => {
    const loss = { final: 0.3, epochs: [0.5, 0.3], examples: null };
    expect(differenceOfRuns(loss, { ...loss, final: 0.1 })).toBeNull();
    expect(differenceOfRuns({ ...loss, examples: 100 }, { ...loss, examples: 100, final: Number.NaN })).toBeNull();
  });

  test("says what the interval rests on", () => {
    const run = { final: 0.9, epochs: [0.8, 0.85, 0.9, 0.88, 0.9], examples: 500 };
    expect(differenceOfRuns(run, run)?.parts).toEqual(["validation set", "last epochs"]);
    expect(differenceOfRuns(run, { ...run, examples: null })?.parts).toEqual(["last epochs"]);
    expect(differenceOfRuns(run, { ...run, epochs: [] })?.parts).toEqual(["validation set"]);
  });
});
