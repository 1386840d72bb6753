import { describe, expect, test } from "vitest";
import { shareOf, ticksOf, tickText } from "../../../media/compare/axes.ts";
import { Brush, isDrag, nextValue, valueAt } from "../../../media/compare/brush.ts";
import type { ComparedRun, ParallelAxis, RunColumn } from "../../../media/compare/payload.ts";
import { Picked } from "../../../media/compare/picked.ts";
import { bestOf, firstSorting, nextSorting, shownCell, sortedPlaces } from "../../../media/compare/sorting.ts";

const column = (given: Partial<RunColumn>): RunColumn => ({
  label: "c",
  numeric: true,
  better: null,
  main: false,
  ...given,
});

const columns = [
  column({ label: "loss", better: "lower" }),
  column({ label: "accuracy", better: "higher", main: true }),
  column({ label: "optimizer", numeric: false }),
];

const runs: ComparedRun[] = [
  ["run 2", 0.5, 0.9, "sgd"],
  ["run 10", 0.3, null, "adam"],
  ["run 1", 0.4, 0.95, "adam"],
].map(([name, ...cells]) => ({ key: String(name), name: String(name), group: 0, live: false, within: true, cells }));

const names = (places: number[]) => places.map((place) => runs[place]?.name);

describe("the table of runs", () => {
  test("begins with the best by what the verdict is about; runs without a value come last either way", () => {
    const first = firstSorting(columns);
    expect(first).toEqual({ column: 1, descending: true });
    expect(names(sortedPlaces(runs, first))).toEqual(["run 1", "run 2", "run 10"]);
    expect(names(sortedPlaces(runs, nextSorting(first, 1, columns)))).toEqual(["run 2", "run 1", "run 10"]);
  });

  test("sorts another column by its best first, and then the other way round", () => {
    const loss = nextSorting(firstSorting(columns), 0, columns);
    expect(names(sortedPlaces(runs, loss))).toEqual(["run 10", "run 1", "run 2"]);
    expect(names(sortedPlaces(runs, nextSorting(loss, 0, columns)))).toEqual(["run 2", "run 1", "run 10"]);
  });

  test("sorts words as people do, and leaves equal ones as they were", () => {
    expect(names(sortedPlaces(runs, { column: -1, descending: false }))).toEqual(["run 1", "run 2", "run 10"]);
    expect(names(sortedPlaces(runs, { column: 2, descending: false }))).toEqual(["run 10", "run 1", "run 2"]);
  });

  test("marks the best where there is one", () => {
    expect(columns.map((one, i) => bestOf(runs, i, one))).toEqual([0.3, 0.95, null]);
    const equal = runs.map((run) => ({ ...run, cells: [1, 1, "a"] }));
    expect(bestOf(equal, 0, columns[0] as RunColumn)).toBeNull();
  });

  test("writes numbers that can be read", () => {
    expect([0.953123456, 12000, 1.5e-7, null, "adam", 1e12, -3.25].map(shownCell)).toEqual([
      "0.95312",
      "12,000",
      "1.50e-7",
      "–",
      "adam",
      "1.0000e+12",
      "-3.25",
    ]);
  });
});

describe("an axis of parallel coordinates", () => {
  const axis = (given: Partial<ParallelAxis>): ParallelAxis => ({
    label: "lr",
    log: false,
    outcome: false,
    low: 0,
    high: 1,
    values: [],
    ...given,
  });

  test("places values evenly by number or by magnitude", () => {
    expect(shareOf(axis({ low: 1, high: 3 }), 2)).toBe(0.5);
    expect(shareOf(axis({ log: true, low: 1e-4, high: 1 }), 1e-2)).toBeCloseTo(0.5, 12);
    expect(shareOf(axis({ low: 2, high: 2 }), 2)).toBe(0.5);
  });

  test("labels the values that there are when they are few, and else round ones", () => {
    expect(ticksOf(axis({ low: 16, high: 64, values: [16, 64, null, 16] }), 200)).toEqual([16, 64]);
    const many = Array.from({ length: 10 }, (_, i) => 10 ** (-4 + i / 3));
    expect(ticksOf(axis({ log: true, low: 1e-4, high: 0.1, values: many }), 200).map(tickText)).toEqual([
      "1e-4",
      "0.001",
      "0.01",
      "0.1",
    ]);
    const even = Array.from({ length: 11 }, (_, i) => 0.9 + i / 100);
    expect(ticksOf(axis({ low: 0.9, high: 1, values: even }), 200).map(tickText)).toEqual([
      "0.9",
      "0.92",
      "0.94",
      "0.96",
      "0.98",
      "1",
    ]);
  });

  test("leaves out labels that would run into each other", () => {
    expect(ticksOf(axis({ low: 0, high: 1, values: [0, 0.01, 1] }), 200)).toEqual([0, 1]);
  });
});

describe("what is marked", () => {
  test("is what is pointed at, else the run that was picked, by its key wherever it stands", () => {
    const picked = new Picked();
    picked.runs = [
      { key: "a", group: 0 },
      { key: "b", group: 1 },
      { key: "c", group: 1 },
    ];
    expect(picked.any).toBe(false);
    picked.pick(1);
    expect([0, 1, 2].map((run) => picked.hasRun(run))).toEqual([false, true, false]);
    expect(picked.group).toBe(1);
    picked.point({ group: 0 });
    expect([0, 1, 2].map((run) => picked.hasRun(run))).toEqual([true, false, false]);
    expect(picked.isPicked(1)).toBe(true);
    picked.point(null);
    picked.runs = [
      { key: "b", group: 0 },
      { key: "a", group: 1 },
    ];
    expect(picked.hasRun(0)).toBe(true);
    picked.pick(0);
    expect(picked.any).toBe(false);
    picked.pick(0);
    picked.runs = [{ key: "a", group: 0 }];
    expect(picked.any).toBe(false);
  });
});

describe("a brush", () => {
  const axis = (given: Partial<ParallelAxis> = {}): ParallelAxis => ({
    label: "lr",
    log: true,
    outcome: false,
    low: 0.001,
    high: 1,
    values: [0.001, 0.01, 0.1, 1, null],
    ...given,
  });
  const outcome = axis({
    label: "accuracy",
    log: false,
    outcome: true,
    low: 0,
    high: 1,
    values: [0.2, 0.9, 0.8, 0, 0.5],
  });
  const held = (brush: Brush) => [0, 1, 2, 3, 4].filter((place) => brush.holds([axis(), outcome], place));

  test("holds runs that are in all of its ranges; one without a value is in none", () => {
    const brush = new Brush();
    expect(held(brush)).toEqual([0, 1, 2, 3, 4]);
    brush.select(axis(), 0.2, 0.005);
    expect(held(brush)).toEqual([1, 2]);
    brush.select(outcome, 0.85, 1);
    expect(held(brush)).toEqual([1]);
    brush.clear(axis());
    expect(held(brush)).toEqual([1]);
    brush.clear();
    expect(held(brush)).toEqual([0, 1, 2, 3, 4]);
  });

  test("of a whole axis is none, and stays within the axis", () => {
    const brush = new Brush();
    brush.select(axis(), -5, 50);
    expect(brush.ranges).toEqual([]);
    brush.select(outcome, 0.5, 7);
    expect(brush.ranges).toEqual([{ label: "accuracy", low: 0.5, high: 1 }]);
    brush.set([...brush.ranges, { label: "gone", low: 0, high: 1 }], [axis(), outcome]);
    expect(brush.ranges.length).toBe(1);
  });

  test("goes where the hand is on either kind of axis, and a click is no drag", () => {
    expect([0, 0.5, 1, 2, -1].map((share) => valueAt(outcome, share))).toEqual([0, 0.5, 1, 1, 0]);
    expect(valueAt(axis(), 1 / 3)).toBeCloseTo(0.01, 12);
    expect([isDrag(0.5, 0.505), isDrag(0.5, 0.6)]).toEqual([false, true]);
  });

  test("moves by keys from value to value", () => {
    expect([0.001, 0.02, 1].map((from) => nextValue(axis(), from, true))).toEqual([0.01, 0.1, 1]);
    expect([1, 0.02, 0.001].map((from) => nextValue(axis(), from, false))).toEqual([0.1, 0.01, 0.001]);
  });
});
