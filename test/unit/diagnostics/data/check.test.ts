import { describe, expect, test } from "vitest";
import type { Backend } from "../../../../engine/backends/backend.ts";
import { type Dataset, Splits } from "../../../../engine/data/index.ts";
import type { DataCheck } from "../../../../engine/diagnostics/data/check.ts";
import { globals } from "../../../../engine/library.ts";
import { CHART_MIME, FINDINGS_MIME } from "../../../../engine/protocol/index.ts";
import { inContext } from "../../../../engine/session/index.ts";
import { HostTensor } from "../../../../engine/tensor/index.ts";
import { testContext } from "../../../support/context.ts";

const { data } = globals;

const base = data.blobs({ n: 240, features: 6, std: 2, seed: 5 });
const parts = () => base.split({ valid: 40, test: 40, seed: 1, stratify: true });

/** The set with its features changed. */
const changed = (set: Dataset, how: (v: number, column: number, row: number) => number): Dataset =>
  set.with({
    x: new HostTensor(
      set.x.shape,
      "f32",
      Float32Array.from(set.x.data, (v, i) => how(v, i % 6, Math.floor(i / 6))),
    ),
  });

const labelled = (set: Dataset, how: (label: number, row: number) => number): Dataset =>
  set.with({ y: new HostTensor(set.y.shape, "i32", Int32Array.from(set.y.data, how)) });

const withTrain = (change: (train: Dataset) => Dataset) => {
  const { train, valid, test: held } = parts();
  return new Splits({ train: change(train), valid, test: held });
};

const look = (sets: Splits | Dataset): { found: DataCheck; context: ReturnType<typeof testContext> } => {
  const context = testContext(undefined as unknown as Backend);
  return { found: inContext(context, () => sets.check()), context };
};

const rules = (sets: Splits | Dataset) =>
  look(sets).found.findings.flatMap(({ rule, severity }) => (severity === "pass" ? [] : [`${severity} ${rule}`]));

describe("a check of data", () => {
  test("finds nothing in sound data, and shows its classes", () => {
    const { found, context } = look(parts());
    expect(found.findings.filter(({ severity }) => severity !== "pass")).toEqual([]);
    expect(Object.values(found.counts ?? {})).toHaveLength(3);
    const mimes = context.events.flatMap((e) => (e.event === "output" ? [e.output.items[0]?.mime] : []));
    expect(mimes).toEqual([FINDINGS_MIME, CHART_MIME]);
  });

  const some = (rows: (row: number) => boolean) => (set: Dataset) =>
    set.rows(Array.from({ length: set.size }, (_, r) => r).filter(rows));
  test.each<[string, string, () => Splits]>([
    [
      "missing values",
      "error missing-values",
      () => withTrain((t) => changed(t, (v, c, r) => (c === 2 && r < 3 ? Number.NaN : v))),
    ],
    ["a constant feature", "info constant-features", () => withTrain((t) => changed(t, (v, c) => (c === 1 ? 7 : v)))],
    ["nothing but constants", "error constant-features", () => withTrain((t) => changed(t, (_, c) => c))],
    [
      "features of other scales",
      "warning feature-scale",
      () => withTrain((t) => changed(t, (v, c) => (c === 3 ? 1e4 * v : v))),
    ],
    [
      "a class that is missing in training",
      "error class-balance",
      () => withTrain((t) => some((r) => t.y.data[r] !== 1)(t)),
    ],
    ["a rare class", "warning class-balance", () => withTrain((t) => some((r) => t.y.data[r] !== 1 || r < 6)(t))],
    [
      "copies in training",
      "warning duplicates",
      () => withTrain((t) => t.rows(Array.from({ length: 200 }, (_, r) => r % 120))),
    ],
    [
      "copies with other labels",
      "warning contradictions",
      () =>
        withTrain((t) =>
          labelled(t.rows(Array.from({ length: 200 }, (_, r) => r % 150)), (l, r) => (r >= 150 ? (l + 1) % 3 : l)),
        ),
    ],
    [
      "training examples in validation",
      "error leakage",
      () => new Splits({ train: base, valid: base.rows([1, 2, 3, 4]) }),
    ],
    [
      "the target among the features",
      "warning target-leak",
      () => withTrain((t) => changed(t, (v, c, r) => (c === 4 ? (t.y.data[r] as number) : v))),
    ],
    [
      "labels at random here and there",
      "warning label-noise",
      () => withTrain((t) => labelled(t, (l, r) => (r % 4 === 0 ? (l + 1 + (r % 2)) % 3 : l))),
    ],
  ])("finds %s", (_, rule, make) => expect(rules(make())).toContain(rule));

  test("names features, counts and what to try", () => {
    const sets = withTrain((t) => changed(t, (v, c, r) => (c === 2 && r < 3 ? Number.NaN : v)));
    const [first] = look(sets).found.findings;
    expect(first?.saw).toBe("3 training values (x2 3)");
    expect(first?.tries[0]?.text).toContain("data.impute(");
  });

  test("takes values as targets, images and texts", async () => {
    expect(look(data.friedman({ n: 100 })).found.counts).toBeNull();
    expect(look(data.gratings({ n: 40 })).found.errors).toBe(0);
    expect(
      look(await data.text({ text: "to be or not to be, that is the question" }, { context: 4 })).found.errors,
    ).toBe(0);
    expect(look(data.moons({ n: 1 })).found.findings.length).toBeGreaterThan(3);
  });
});

test("components hold the variance that the data have along them", () => {
  const wide = changed(base, (v, c) => (c === 0 ? 100 * v : v));
  const context = testContext(undefined as unknown as Backend);
  const { shares, variances } = inContext(context, () => wide.components());
  expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10);
  expect(shares[0]).toBeGreaterThan(0.99);
  expect(variances).toEqual([...variances].sort((a, b) => b - a));
  expect(context.events).toHaveLength(1);
  expect(() => inContext(context, () => data.sinusoid().components())).toThrow(
    "components: sinusoid has 1 column of numbers; it takes 2 or more",
  );
  expect(() => inContext(context, () => changed(base, () => 1).components())).toThrow(
    "components: no feature of blobs varies",
  );
});

describe("classes of different size", () => {
  const rare = base.rows(Array.from({ length: 240 }, (_, r) => r).filter((r) => base.y.data[r] !== 2 || r < 30));
  const counts = (set: Dataset) => [0, 1, 2].map((c) => set.y.data.filter((label) => label === c).length);

  test("weigh the same by n / (classes * count)", () => {
    // by hand: 80, 80 and 10 examples
    expect(rare.classWeights()).toEqual([170 / 240, 170 / 240, 170 / 30]);
    expect(() => data.friedman().classWeights()).toThrow("classWeights: friedman has values as targets, not classes");
    expect(() => rare.rows([0, 1]).classWeights()).toThrow("balanced weights: class 2 has no examples");
  });

  test("become equal in the training part by repeating, each example about as often as others of its class", () => {
    const sets = rare.split({ test: 0.2, seed: 2, stratify: true });
    const even = sets.balanced({ seed: 3 });
    const most = Math.max(...counts(sets.train));
    expect(counts(even.train)).toEqual([most, most, most]);
    expect(even.test).toBe(sets.test);
    const times = new Map<string, number>();
    for (let r = 0; r < even.train.size; r++) {
      const key = String(even.train.x.rows([r]).data);
      times.set(key, (times.get(key) ?? 0) + 1);
    }
    expect(times.size).toBe(sets.train.size);
    const own = Array.from({ length: sets.train.size }, (_, r) => r).filter((r) => sets.train.y.data[r] === 2);
    const repeats = own.map((r) => times.get(String(sets.train.x.rows([r]).data)) as number);
    expect(Math.max(...repeats) - Math.min(...repeats)).toBeLessThanOrEqual(1);
    expect(sets.balanced({ seed: 3 }).train.x.data).toEqual(even.train.x.data);
    expect(() => data.friedman({ n: 20 }).split({ test: 4 }).balanced()).toThrow(
      "balanced: friedman has no class for each example",
    );
  });
});
