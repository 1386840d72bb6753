import { describe, expect, test } from "vitest";
import type { Gives } from "../../../engine/losses/index.ts";
import {
  accuracyOf,
  averaged,
  averagePrecision,
  balancedAccuracy,
  binaryCounts,
  binaryFigures,
  calibrationBins,
  calibrationError,
  column,
  confusionMatrix,
  exactMatch,
  fMeasure,
  isClass,
  kappa,
  labelAverage,
  matthews,
  multiclassAuc,
  type Numbers,
  perClass,
  regressionFigures,
  rocAuc,
  topK,
  tops,
} from "../../../engine/metrics/exact/index.ts";
import { type Metric, measures } from "../../../engine/metrics/index.ts";
import type { Values } from "../../../engine/ops/index.ts";
import { instance } from "../../../engine/params/index.ts";
import { normal, uniform } from "../../../engine/random/index.ts";
import { batchOf, measure } from "./measure.ts";

/** Every metric against the exact figures of the whole set, which scikit-learn's cases hold, and whatever the batches. */

type Kind = "classes" | "labels" | "values" | "binary";
interface Example {
  readonly options?: Readonly<Record<string, unknown>>;
  readonly kind: Kind;
  readonly gives?: Gives;
  /** y: classes, labels or values; o: outputs [N, 3], or [N] of one score. */
  readonly formula: (y: Numbers, o: Numbers) => number;
}

const N = 40;
const K = 3;
const raw = Array.from(normal(3, 0, N * K), (x) => Math.round(x * 8) / 8 + 1 / 64);
const shares = softmaxRows(raw);
const classes = Array.from(uniform(4, 0, N), (u, i) =>
  u < 0.5 ? (tops(raw, K).place[i] as number) : Math.floor(u * 6) % K,
);
const labels = Array.from(uniform(5, 0, N * K), (u, i) => Number(u < 1 / (1 + Math.exp(-(raw[i] as number)))));
const values = Array.from(normal(6, 0, N * K), (x, i) => 100 + x + 0.5 * (raw[i] as number));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

function softmaxRows(scores: readonly number[]): number[] {
  return scores.map((x, i) => {
    const row = scores.slice(Math.floor(i / K) * K, (Math.floor(i / K) + 1) * K);
    return Math.exp(x) / row.reduce((s, v) => s + Math.exp(v), 0);
  });
}

function dataOf({ kind, gives = "scores" }: Example): { output: Values; target: Values } {
  const f32 = (shape: number[], data: Numbers): Values => ({ shape, dtype: "f32", data: Float64Array.from(data) });
  const i32 = (data: Numbers): Values => ({ shape: [data.length], dtype: "i32", data: Float64Array.from(data) });
  const scores = gives === "probabilities" ? shares : gives === "logProbabilities" ? shares.map(Math.log) : raw;
  const one = column(gives === "probabilities" ? raw.map(sigmoid) : raw, K, 0);
  if (kind === "classes") return { output: f32([N, K], scores), target: i32(classes) };
  if (kind === "labels") return { output: f32([N, K], scores), target: f32([N, K], labels) };
  if (kind === "binary") return { output: f32([N, 1], one), target: i32(column(labels, K, 0)) };
  return {
    output: f32(
      [N, K],
      raw.map((x) => x + 100),
    ),
    target: f32([N, K], values),
  };
}

const matrix = (y: Numbers, o: Numbers) => confusionMatrix(y, tops(o, K).place, K);
const yes = (o: Numbers, least = 0) => Array.from(o, (x) => Number(x >= least));
const binary = (y: Numbers, o: Numbers, least = 0) => binaryFigures(binaryCounts(y, o, least));
const mean = (v: readonly number[]) => v.reduce((a, b) => a + b, 0) / v.length;
const eachLabel = (y: Numbers, o: Numbers) => [0, 1, 2].map((k) => binary(column(y, K, k), column(o, K, k)));
const oneAgainst = (y: Numbers, o: Numbers, k: number) => binary(isClass(y, k), isClass(tops(o, K).place, k), 1);
const regressions = (y: Numbers, o: Numbers) =>
  [0, 1, 2].map((k) => regressionFigures(column(y, K, k), column(o, K, k)));
const support = (y: Numbers) => [0, 1, 2].map((k) => isClass(y, k).reduce((a, b) => a + b, 0));

/** Precision, recall and F1 alike: every average of classes, labels, and yes or no. */
const averages = (figure: "precision" | "recall" | "f1"): Example[] => [
  ...(["macro", "micro", "weighted"] as const).map(
    (average): Example => ({
      options: { average, dim: -1 },
      kind: "classes",
      formula: (y, o) => averaged(perClass(matrix(y, o)), matrix(y, o), average)[figure],
    }),
  ),
  { options: { class: 1 }, kind: "classes", formula: (y, o) => perClass(matrix(y, o))[1]?.[figure] as number },
  {
    options: { average: "micro", threshold: 0.5 },
    kind: "labels",
    formula: (y, o) => labelAverage(y, yes(o, 0.5), K, "micro")[figure],
  },
  { kind: "labels", formula: (y, o) => labelAverage(y, yes(o), K, "macro")[figure] },
  {
    kind: "binary",
    gives: "probabilities",
    formula: (y, o) => {
      const { precision, recall } = binary(y, o, 0.5);
      return { precision, recall, f1: fMeasure(precision, recall) }[figure];
    },
  },
  {
    options: { ignoreIndex: 2, class: 0 },
    kind: "classes",
    formula: (y, o) => {
      const rows = Array.from(y, (_, i) => i).filter((i) => y[i] !== 2);
      const said = tops(o, K).place;
      const own = confusionMatrix(
        rows.map((i) => y[i] as number),
        rows.map((i) => said[i] as number),
        K,
      );
      return perClass(own)[0]?.[figure] as number;
    },
  },
];

const decisions = (
  of: (y: Numbers, o: Numbers) => number,
  labelled: (f: ReturnType<typeof binaryFigures>) => number,
): Example[] => [
  { options: { dim: -1 }, kind: "classes", formula: of },
  { kind: "labels", formula: (y, o) => mean(eachLabel(y, o).map(labelled)) },
  { kind: "binary", options: { threshold: 0.25 }, formula: (y, o) => labelled(binary(y, o, 0.25)) },
  {
    kind: "binary",
    options: { ignoreIndex: 1 },
    formula: (y, o) => {
      const rows = Array.from(y, (_, i) => i).filter((i) => y[i] !== 1);
      return labelled(
        binary(
          rows.map((i) => y[i] as number),
          rows.map((i) => o[i] as number),
        ),
      );
    },
  },
];

const examples: Readonly<Record<keyof typeof measures, readonly Example[]>> = {
  accuracy: decisions(
    (y, o) => accuracyOf(matrix(y, o)),
    (f) => f.accuracy,
  ),
  balancedAccuracy: decisions(
    (y, o) => balancedAccuracy(matrix(y, o)),
    (f) => f.balancedAccuracy,
  ),
  matthews: decisions(
    (y, o) => matthews(matrix(y, o)),
    (f) => f.mcc,
  ),
  kappa: decisions(
    (y, o) => kappa(matrix(y, o)),
    (f) => f.kappa,
  ),
  exactMatch: [
    { options: { threshold: 0.2 }, kind: "labels", formula: (y, o) => exactMatch(y, yes(o, 0.2), K) },
    { options: { dim: -1 }, kind: "classes", formula: (y, o) => accuracyOf(matrix(y, o)) },
    {
      options: { ignoreIndex: 0 },
      kind: "classes",
      formula: (y, o) => {
        const said = tops(o, K).place;
        const rows = Array.from(y, (_, i) => i).filter((i) => y[i] !== 0);
        return mean(rows.map((i) => Number(y[i] === said[i])));
      },
    },
  ],
  precision: averages("precision"),
  recall: averages("recall"),
  f1: averages("f1"),
  fBeta: [
    {
      options: { beta: 2, dim: -1 },
      kind: "classes",
      formula: (y, o) => mean(perClass(matrix(y, o)).map(({ precision, recall }) => fMeasure(precision, recall, 2))),
    },
    {
      options: { beta: 0.5, average: "weighted" },
      kind: "classes",
      formula: (y, o) => {
        const [own, counts] = [perClass(matrix(y, o)), support(y)];
        return own.reduce((s, c, k) => s + (fMeasure(c.precision, c.recall, 0.5) * (counts[k] as number)) / N, 0);
      },
    },
    {
      options: { beta: 2, class: 1, threshold: 0.5, ignoreIndex: 9 },
      kind: "labels",
      formula: (y, o) => {
        const { precision, recall } = binary(column(y, K, 1), column(o, K, 1), 0.5);
        return fMeasure(precision, recall, 2);
      },
    },
  ],
  specificity: [
    {
      options: { dim: -1 },
      kind: "classes",
      formula: (y, o) => mean([0, 1, 2].map((k) => oneAgainst(y, o, k).specificity)),
    },
    {
      options: { average: "weighted" },
      kind: "classes",
      formula: (y, o) =>
        [0, 1, 2].reduce((s, k) => s + (oneAgainst(y, o, k).specificity * (support(y)[k] as number)) / N, 0),
    },
    {
      options: { threshold: 0.3, class: 2, ignoreIndex: 9 },
      kind: "labels",
      formula: (y, o) => binary(column(y, K, 2), column(o, K, 2), 0.3).specificity,
    },
    { kind: "binary", formula: (y, o) => binary(y, o).specificity },
  ],
  topK: [
    { options: { k: 2, dim: -1 }, kind: "classes", formula: (y, o) => topK(y, o, K, 2) },
    { options: { k: 1 }, kind: "classes", formula: (y, o) => accuracyOf(matrix(y, o)) },
  ],
  mae: [{ kind: "values", formula: (y, o) => mean(regressions(y, o).map((f) => f.mae)) }],
  mse: [{ kind: "values", formula: (y, o) => mean(regressions(y, o).map((f) => f.mse)) }],
  rmse: [{ kind: "values", formula: (y, o) => Math.sqrt(mean(regressions(y, o).map((f) => f.mse))) }],
  r2: [{ kind: "values", formula: (y, o) => mean(regressions(y, o).map((f) => f.r2)) }],
  cosineSimilarity: [
    {
      options: { eps: 1e-6 },
      kind: "values",
      formula: (y, o) =>
        mean(
          Array.from({ length: N }, (_, n) => {
            const [a, b] = [Array.from(y).slice(n * K, n * K + K), Array.from(o).slice(n * K, n * K + K)];
            return a.reduce((s, v, i) => s + v * (b[i] as number), 0) / (Math.hypot(...a) * Math.hypot(...b));
          }),
        ),
    },
    {
      options: { eps: 1e6 },
      kind: "values",
      formula: (y, o) => Array.from(y).reduce((s, v, i) => s + v * (o[i] as number), 0) / N / 1e12,
    },
  ],
  perplexity: [
    {
      options: { dim: -1 },
      kind: "classes",
      formula: (y) => Math.exp(mean(Array.from(y, (c, n) => -Math.log(shares[n * K + c] as number)))),
    },
    {
      options: { ignoreIndex: 1 },
      kind: "classes",
      gives: "logProbabilities",
      formula: (y) => {
        const rows = Array.from(y, (_, n) => n).filter((n) => y[n] !== 1);
        return Math.exp(mean(rows.map((n) => -Math.log(shares[n * K + (y[n] as number)] as number))));
      },
    },
  ],
  ece: [
    {
      options: { bins: 7, dim: -1 },
      kind: "classes",
      formula: (y) => {
        const { place, value } = tops(shares, K);
        const came = Array.from(y, (c, i) => Number(c === place[i]));
        return calibrationError(calibrationBins(came, value, { bins: 7 })).expected;
      },
    },
    {
      kind: "binary",
      formula: (y, o) => {
        const p = Array.from(o, sigmoid);
        const came = p.map((v, i) => Number(Number(v >= 0.5) === y[i]));
        return calibrationError(
          calibrationBins(
            came,
            p.map((v) => Math.max(v, 1 - v)),
          ),
        ).expected;
      },
    },
    {
      kind: "classes",
      gives: "probabilities",
      formula: (y) => {
        const { place, value } = tops(shares, K);
        const came = Array.from(y, (c, i) => Number(c === place[i]));
        return calibrationError(calibrationBins(came, value)).expected;
      },
    },
  ],
  auc: [
    ...(["macro", "weighted"] as const).map(
      (average): Example => ({
        options: { average, dim: -1 },
        kind: "classes",
        formula: (y) => multiclassAuc(y, shares, K, { against: "ovr", average }),
      }),
    ),
    { options: { class: 2 }, kind: "classes", formula: (y) => rocAuc(isClass(y, 2), column(shares, K, 2)) },
    { kind: "labels", formula: (y, o) => mean([0, 1, 2].map((k) => rocAuc(column(y, K, k), column(o, K, k)))) },
    { kind: "binary", formula: (y, o) => rocAuc(y, o) },
  ],
  averagePrecision: [
    {
      options: { average: "weighted", dim: -1 },
      kind: "classes",
      formula: (y) =>
        [0, 1, 2].reduce(
          (s, k) => s + (averagePrecision(isClass(y, k), column(shares, K, k)) * (support(y)[k] as number)) / N,
          0,
        ),
    },
    { options: { class: 1 }, kind: "labels", formula: (y, o) => averagePrecision(column(y, K, 1), column(o, K, 1)) },
    { kind: "binary", formula: (y, o) => averagePrecision(y, o) },
  ],
  combine: [
    {
      options: {
        of: [instance("accuracy", measures.accuracy, {}), instance("auc", measures.auc, {})],
        value: ([a = 0, b = 0]: readonly number[]) => a - b,
        better: "lower",
      },
      kind: "classes",
      formula: (y, o) => accuracyOf(matrix(y, o)) - multiclassAuc(y, shares, K, { against: "ovr", average: "macro" }),
    },
  ],
};

const some = ({ shape, data, dtype }: Values, from: number, to: number): Values => {
  const width = data.length / (shape[0] as number);
  return { shape: [to - from, ...shape.slice(1)], dtype, data: data.slice(from * width, to * width) };
};

describe.each(Object.entries(measures) as unknown as [keyof typeof measures, Metric["definition"]][])(
  "metrics.%s",
  (name, definition) => {
    const own = examples[name] ?? [];

    test("every option is away from its default in an example", () => {
      const shown = new Set(own.flatMap(({ options = {} }) => Object.keys(options)));
      expect(Object.keys(definition.params).filter((option) => option !== "name" && !shown.has(option))).toEqual([]);
      expect(own.length).toBeGreaterThan(0);
    });

    test.each(own.map((e) => [JSON.stringify(e.options ?? {}), e.kind, e.gives ?? "scores", e] as const))(
      "%s of %s and %s is exact over the set, whatever the batches",
      (_, __, gives, e) => {
        const metric = instance(name, definition, e.options ?? {}) as Metric;
        const { output, target } = dataOf(e);
        const want = e.formula(target.data, output.data);
        expect([measure(metric, output, target, gives)]).toBeAllclose([want], { rtol: 1e-9, atol: 1e-12 });
        const ends = [0, 1, 8, 9, N];
        const total = ends
          .slice(1)
          .map((to, i) =>
            batchOf(metric, some(output, ends[i] as number, to), some(target, ends[i] as number, to), gives),
          )
          .reduce((sum, batch) => definition.merge(sum, batch, metric.options));
        expect([definition.value(total, metric.options)]).toBeAllclose([want], { rtol: 1e-9, atol: 1e-12 });
      },
    );
  },
);
