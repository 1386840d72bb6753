import { expect, test } from "vitest";
import { Series } from "../../../engine/plots/series.ts";

const make = (capacity: number) => new Series({ step: "last", loss: "mean", low: "min", high: "max" }, capacity);
const fill = (series: ReturnType<typeof make>, count: number) => {
  for (let step = 1; step <= count; step++) series.push({ step, loss: step, low: step, high: step });
};

test("rows stay as they are while there is room", () => {
  const series = make(10);
  fill(series, 9);
  expect([...series.rows().loss]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(series.generation).toBe(0);
});

test("a full table merges neighbours: last step, mean, minimum and maximum", () => {
  const series = make(4);
  fill(series, 4);
  expect(series.binSize).toBe(2);
  expect(series.generation).toBe(1);
  const { step, loss, low, high } = series.rows();
  expect([...step]).toEqual([2, 4]);
  expect([...loss]).toEqual([1.5, 3.5]);
  expect([...low]).toEqual([1, 3]);
  expect([...high]).toEqual([2, 4]);
});

test("a row waits until its bin is full, and finish lets it go", () => {
  const series = make(4);
  fill(series, 5);
  expect(series.length).toBe(2);
  series.finish();
  expect([...series.rows().loss]).toEqual([1.5, 3.5, 5]);
});

test("means of bins are the means of all their rows, however often the table was thinned", () => {
  const series = make(8);
  fill(series, 1024);
  const { loss } = series.rows();
  const width = series.binSize;
  loss.forEach((mean, bin) => {
    expect(mean).toBeCloseTo(bin * width + (width + 1) / 2, 9);
  });
});

test("missing values do not count in a bin", () => {
  const series = make(2);
  series.push({ step: 1, loss: Number.NaN, low: Number.NaN, high: Number.NaN });
  series.push({ step: 2, loss: 4, low: 4, high: 4 });
  expect([...series.rows().loss]).toEqual([4]);
});
