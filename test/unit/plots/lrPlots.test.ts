import { describe, expect, test } from "vitest";
import { decodeColumns } from "../../../engine/plots/columns.ts";
import { lrFinderPlot } from "../../../engine/plots/lrFinder.ts";
import { lrGridPlot } from "../../../engine/plots/lrGrid.ts";
import { lrSweepPlot } from "../../../engine/plots/lrSweep.ts";
import { rate, roundedRate } from "../../../engine/plots/rate.ts";

test("rates are written as people write them", () => {
  expect([3.16e-3, 1e-7, 0.0123, 0.5, 10, 123].map(rate)).toEqual(["3.2e-3", "1e-7", "0.012", "0.5", "10", "120"]);
  expect(roundedRate(3.16e-3)).toBe(0.0032);
});

describe("a chart that goes on keeps its spec, and only its rows change", () => {
  test("of a range test", () => {
    const whole = lrFinderPlot.example();
    const at = (n: number) => {
      const cut = (values: readonly number[]) => values.slice(0, n);
      const { lr, loss, smoothed, low, high } = whole;
      const rows = { lr: cut(lr), loss: cut(loss), smoothed: cut(smoothed), low: cut(low), high: cut(high) };
      const advice = { ...whole.advice, suggestion: null, rule: null };
      const suggestions = { valley: null, steep: null, minimum: null, slide: null };
      return lrFinderPlot.chart(
        "id",
        { ...whole, ...rows, live: true, diverges: null, advice: { ...advice, suggestions } },
        true,
      );
    };
    expect(at(80).spec).toEqual(at(30).spec);
    expect(at(0).title).toBe("Finding a learning rate: 0 steps of 100");
  });

  test("of a grid and of a sweep", () => {
    const grid = lrGridPlot.example();
    const earlier = {
      ...grid,
      curves: grid.curves.map((c) => ({ step: c.step.slice(0, 5), loss: c.loss.slice(0, 5) })),
    };
    const specs = [grid, earlier].map((state) => lrGridPlot.chart("id", { ...state, live: true }, true).spec);
    expect(specs[0]).toEqual(specs[1]);
    const sweep = lrSweepPlot.example();
    const medians = sweep.medians.map((m) => 2 * m);
    const both = [sweep, { ...sweep, medians, bySeed: medians.map((m) => [m]) }];
    const [a, b] = both.map((state) => lrSweepPlot.chart("id", { ...state, live: true }, true).spec);
    expect(a).toEqual(b);
  });
});

test("labels of suggestions and of curves do not touch", () => {
  const state = lrFinderPlot.example();
  const close = { valley: 0.02, steep: 0.021, minimum: 0.022, slide: 0.023 };
  const { marks } = lrFinderPlot.chart(
    "id",
    { ...state, advice: { ...state.advice, suggestions: close } },
    false,
  ).datasets;
  expect(new Set(decodeColumns(marks ?? {}).row).size).toBe(5);
  const grid = lrGridPlot.example();
  const same = {
    ...grid,
    ends: [2.29, 2.28, 0.3, 0.301, 2.3],
    curves: grid.curves.map(() => ({ step: [100], loss: [0.3] })),
  };
  const { labels } = lrGridPlot.chart("id", same, false).datasets;
  const at = [...(decodeColumns(labels ?? {}).at ?? [])];
  // the domain is a little more than 2.6 high, drawn over 250 pixels
  for (const [i, y] of at.slice(1).entries()) expect((((at[i] as number) - y) * 250) / 2.72).toBeGreaterThan(14);
});

test("a sweep whose lowest loss lies at its edge says where to look on", () => {
  const state = { ...lrSweepPlot.example(), best: 5, medians: [5, 4, 3, 2, 1, 0.5] };
  expect(lrSweepPlot.title(state)).toMatch(/; higher rates may be better yet$/);
  expect(lrSweepPlot.title({ ...state, best: -1 })).toMatch(
    /^All 6 learning rates diverge within 200 steps; try lower ones than 1e-5$/,
  );
});
