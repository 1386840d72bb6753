import { describe, expect, test } from "vitest";
import {
  area,
  averaged,
  averagePrecision,
  binaryCounts,
  binaryFigures,
  calibrationBins,
  calibrationError,
  column,
  confusionMatrix,
  coverageAt,
  coverageError,
  exactMatch,
  fMeasure,
  hammingLoss,
  isClass,
  kappa,
  labelAverage,
  labelAveragePrecision,
  logLoss,
  matthews,
  multiclassAuc,
  perClass,
  precisionRecallCurve,
  rankingAveragePrecision,
  rankingLoss,
  regressionFigures,
  riskCoverage,
  rocAuc,
  rocCurve,
  topK,
  tops,
} from "../../../engine/metrics/exact/index.ts";
import { uniform } from "../../../engine/random/index.ts";
import { casesIn } from "../../conformance/case.ts";
import { problems } from "../../conformance/compare.ts";
import { metricsGroup } from "../../conformance/groups/metrics.ts";

const cases = [...casesIn(new URL("../../fixtures/metrics", import.meta.url).pathname)];

test.each(cases.map((c) => [c.case, c] as const))("%s is as scikit-learn has it", async (_, c) => {
  expect(problems(c, await metricsGroup(c, undefined as never))).toEqual([]);
});

/** Scores on a coarse grid, so that many are equal, and labels that follow them. */
const N = 300;
const score = Array.from(uniform(5, 0, N), (u) => Math.round(u * 20) / 20);
const y = Array.from(uniform(6, 0, N), (u, i) => Number(u < (score[i] as number)));

describe("a score with many equal values", () => {
  test("has the ROC area of all pairs, equal ones counted half", () => {
    let [wins, pairs] = [0, 0];
    for (let i = 0; i < N; i++) {
      for (let j = 0; j < N; j++) {
        if (y[i] !== 1 || y[j] !== 0) continue;
        pairs += 1;
        wins += score[i] === score[j] ? 0.5 : Number((score[i] as number) > (score[j] as number));
      }
    }
    expect(rocAuc(y, score)).toBeCloseTo(wins / pairs, 12);
  });

  test("has at each threshold the precision and recall that counting gives", () => {
    const { precision, recall, thresholds } = precisionRecallCurve(y, score);
    for (const [i, threshold] of thresholds.entries()) {
      const figures = binaryFigures(binaryCounts(y, score, threshold));
      expect(precision[i]).toBeCloseTo(figures.precision, 12);
      expect(recall[i]).toBeCloseTo(figures.recall, 12);
    }
    expect([precision.at(-1), recall.at(-1)]).toEqual([1, 0]);
  });

  test("weights examples as if they were there so often", () => {
    const weight = y.map((_, i) => 1 + (i % 3));
    const often = y.flatMap((label, i) => new Array(weight[i]).fill({ label, s: score[i] as number }));
    const [labels, scores] = [often.map((o) => o.label), often.map((o) => o.s)];
    expect(rocAuc(y, score, weight)).toBeCloseTo(rocAuc(labels, scores), 12);
    expect(averagePrecision(y, score, weight)).toBeCloseTo(averagePrecision(labels, scores), 12);
  });

  test("keeps its area when points on one line are left out", () => {
    const whole = rocCurve(y, score);
    const few = rocCurve(y, score, undefined, true);
    expect(few.fpr.length).toBeLessThanOrEqual(whole.fpr.length);
    expect(area(few.fpr, few.tpr)).toBeCloseTo(area(whole.fpr, whole.tpr), 12);
  });
});

test("F1, kappa and Matthews' correlation of a table by hand", () => {
  // 20 right of 25 positives, 60 right of 75 others
  const counts = { tp: 20, fn: 5, fp: 15, tn: 60 };
  const { precision, recall, kappa: agreement, mcc } = binaryFigures(counts);
  expect(fMeasure(precision, recall)).toBeCloseTo(40 / 60, 12);
  expect(agreement).toBeCloseTo((0.8 - 0.575) / (1 - 0.575), 12);
  expect(mcc).toBeCloseTo((20 * 60 - 15 * 5) / Math.sqrt(35 * 25 * 75 * 65), 12);
  const matrix = [
    [60, 15],
    [5, 20],
  ];
  expect(kappa(matrix)).toBeCloseTo(agreement, 12);
  expect(matthews(matrix)).toBeCloseTo(mcc, 12);
});

test("macro F1 is the mean of F1s, and micro is the accuracy", () => {
  const matrix = confusionMatrix([0, 0, 1, 1, 2, 2], [0, 1, 1, 1, 2, 0], 3);
  expect(matrix).toEqual([
    [1, 1, 0],
    [0, 2, 0],
    [1, 0, 1],
  ]);
  const each = perClass(matrix);
  expect(each.map((c) => c.f1)).toEqual([0.5, 0.8, 2 / 3]);
  expect(averaged(each, matrix, "macro").f1).toBeCloseTo((0.5 + 0.8 + 2 / 3) / 3, 12);
  expect(averaged(each, matrix, "micro").f1).toBeCloseTo(4 / 6, 12);
});

test("quadratic kappa forgives near misses, linear less, plain not at all", () => {
  const near = [
    [5, 2, 0],
    [1, 6, 1],
    [0, 2, 5],
  ];
  const [plain, linear, quadratic] = [kappa(near), kappa(near, "linear"), kappa(near, "quadratic")];
  expect(plain).toBeLessThan(linear);
  expect(linear).toBeLessThan(quadratic);
});

test("a pair of classes has one area, whichever way several classes are compared", () => {
  const probs = score.flatMap((s) => [1 - s, s]);
  for (const against of ["ovr", "ovo"] as const) {
    expect(multiclassAuc(y, probs, 2, { against, average: "macro" })).toBeCloseTo(rocAuc(y, score), 12);
  }
});

test("the class of the highest score is top 1, and every class is top of all", () => {
  const probs = Float64Array.from(uniform(9, 0, 60));
  const labels = Array.from({ length: 20 }, (_, i) => i % 3);
  const { place } = tops(probs, 3);
  expect(topK(labels, probs, 3, 1)).toBeCloseTo(labels.filter((l, i) => l === place[i]).length / 20, 12);
  expect(topK(labels, probs, 3, 3)).toBe(1);
});

test("labels that are right in part count in part", () => {
  const truth = [1, 0, 1, 0, 1, 0];
  const said = [1, 0, 0, 1, 1, 0];
  expect(exactMatch(truth, said, 3)).toBe(0);
  expect(hammingLoss(truth, said)).toBeCloseTo(2 / 6, 12);
  expect(labelAverage(truth, said, 3, "micro").f1).toBeCloseTo(4 / 6, 12);
  // recall of the examples: 1 of 2, 1 of 1
  expect(labelAverage(truth, said, 3, "samples").recall).toBeCloseTo(0.75, 12);
});

test("a ranking with every label on top has average precision 1, whatever the scores", () => {
  const truth = [1, 0, 0, 1, 1, 0];
  const ranked = [0.9, 0.1, 0.2, 0.8, 0.7, 0.1];
  expect(rankingAveragePrecision(truth, ranked, 3)).toBe(1);
  const { each } = labelAveragePrecision(truth, ranked, 3);
  expect(each).toEqual([0, 1, 2].map((c) => averagePrecision(column(truth, 3, c), column(ranked, 3, c))));
});

test("a ranking that puts a wrong label first goes further down, and loses pairs", () => {
  // labels 0 and 2 are right, ranked second and third of three
  expect(coverageError([1, 0, 1], [0.5, 0.9, 0.4], 3)).toBe(3);
  expect(rankingLoss([1, 0, 1], [0.5, 0.9, 0.4], 3)).toBe(1);
  expect(rankingLoss([1, 0, 1], [0.5, 0.45, 0.4], 3)).toBe(0.5);
  expect([coverageError([0, 0], [1, 2], 2), rankingLoss([1, 1], [1, 2], 2)]).toEqual([0, 0]);
});

test("probabilities that come true as often as they say have no calibration error", () => {
  const p = [0.25, 0.25, 0.25, 0.25, 0.75, 0.75, 0.75, 0.75];
  const calibrated = calibrationError(calibrationBins([1, 0, 0, 0, 1, 1, 1, 0], p));
  expect(calibrated).toEqual({ expected: 0, maximum: 0, over: 0 });
  const sure = calibrationError(calibrationBins([1, 0, 0, 0, 1, 0, 0, 0], p));
  expect(sure).toEqual({ expected: 0.25, maximum: 0.5, over: 0.25 });
});

test("answering less leaves the risk of the surest", () => {
  const labels = [0, 1, 1, 0];
  const probs = [0.9, 0.1, 0.2, 0.8, 0.7, 0.3, 0.6, 0.4];
  expect([...riskCoverage(labels, probs, 2)]).toEqual([0, 0, 1 / 3, 1 / 4]);
  expect(coverageAt(labels, probs, 2, [0.5, 0.75, 1])).toEqual({
    coverage: [1, 0.5, 0],
    accuracy: [0.75, 1, Number.NaN],
  });
});

test("the log loss of a certain mistake is finite", () => {
  expect(logLoss([1], [1, 0], 2)).toBeCloseTo(52 * Math.LN2, 10);
});

test("regression figures by hand", () => {
  const found = regressionFigures([1, 2, 3, 4], [1, 2, 4, 6]);
  expect(found).toMatchObject({ mse: 1.25, mae: 0.75, medianAe: 0.5, maxError: 2, r2: 0, bias: 0.75 });
  expect(found.explainedVariance).toBeCloseTo(1 - (1.25 - 0.5625) / 1.25, 12);
  expect(found.mape).toBeCloseTo((1 / 3 + 1 / 2) / 4, 12);
});

test("a class is picked out of labels", () => {
  expect([...isClass([0, 2, 1, 2], 2)]).toEqual([0, 1, 0, 1]);
});
