import { describe, expect, test } from "vitest";
import { confusionPlot } from "../../../engine/plots/confusion.ts";
import { coveragePlot } from "../../../engine/plots/coverage.ts";
import { percent } from "../../../engine/plots/format.ts";
import { precisionRecallPlot } from "../../../engine/plots/precisionRecall.ts";
import { residualsPlot } from "../../../engine/plots/residuals.ts";

const textOf = (column: object | undefined) => (column as { text: string[] }).text;

const size = (chart: object) => JSON.stringify(chart).length;

describe("charts of many classes and examples stay small", () => {
  test("a confusion matrix of 100 classes has the cells that hold something, without numbers in them", () => {
    const classes = Array.from({ length: 100 }, (_, c) => `class ${c}`);
    const matrix = classes.map((_, t) => classes.map((_, p) => (p === t ? 50 : p === (t + 7) % 100 ? 3 : 0)));
    const pairs = [{ truth: "class 0", predicted: "class 7", count: 3, share: 3 / 53 }];
    const state = { name: "run", part: "test", classes, matrix, accuracy: 50 / 53, pairs };
    const chart = confusionPlot.chart("id", state, false);
    expect(textOf(chart.datasets.cells?.truth)).toHaveLength(200);
    expect(chart.spec.layer).toHaveLength(2);
    expect(chart.spec.width).toBeLessThanOrEqual(600);
    expect(size(chart)).toBeLessThan(20_000);
  });

  test("curves of 100 classes have six names, of the lowest", () => {
    const points = Array.from({ length: 5000 }, (_, i) => i / 4999);
    const perClass = Array.from({ length: 100 }, (_, c) => ({
      name: `class ${c}`,
      averagePrecision: c / 100,
      recall: [...points].reverse(),
      precision: points,
    }));
    const chart = precisionRecallPlot.chart("id", { name: "run", part: "test", count: 9, perClass, macro: 0.5 }, false);
    const named = new Set(textOf(chart.datasets.curves?.curve));
    expect([...named]).toEqual([0, 1, 2, 3, 4, 5].map((c) => `class ${c}: ${c / 100}`).concat("others"));
    expect(size(chart)).toBeLessThan(500_000);
  });

  test("a hundred thousand examples are thinned in curves and scatters, and all counted in histograms", () => {
    const n = 100_000;
    const values = Array.from({ length: n }, (_, i) => i / n);
    const coverage = {
      name: "run",
      part: "test",
      count: n,
      threshold: values,
      coverage: values,
      accuracy: values,
      coverageFor: {},
    };
    expect(size(coveragePlot.chart("id", coverage, false))).toBeLessThan(30_000);
    const residuals = { name: "run", part: "test", truth: values, predicted: values, r2: 1, rmse: 0, mae: 0, bias: 0 };
    const chart = residualsPlot.chart("id", residuals, false);
    expect(size(chart)).toBeLessThan(120_000);
  });
});

test.each([
  [0.9423, "94.2 %"],
  [1, "100 %"],
  [0.99999, "> 99.9 %"],
  [0.00001, "< 0.01 %"],
  [0, "0 %"],
  [Number.NaN, "?"],
])("%f is %s", (share, text) => {
  expect(percent(share)).toBe(text);
});
