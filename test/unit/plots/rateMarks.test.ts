import { expect, test } from "vitest";
import { rateMarkTable } from "../../../engine/plots/curve/tables.ts";
import { RateMarks } from "../../../engine/plots/rateMarks.ts";
import { schedule, scheduleAt } from "../../../engine/schedules/index.ts";

const steps = 300;

/** Marks of a run of 300 steps whose loss is the number of the stage. */
function marksOf(rate: (step: number) => number, loss = (step: number) => Math.ceil(step / 100)) {
  const marks = new RateMarks(10);
  for (let step = 1; step <= steps; step++) marks.push(step, loss(step), rate(step));
  return marks.marks;
}

const of = (made: Parameters<typeof scheduleAt>[0]) => (step: number) =>
  scheduleAt(made, 0.1, { step: step - 1, steps, stepsPerEpoch: 10, epochs: 30 }).lr;

test("a rate that is divided by ten twice is marked twice, with the loss before and at the end of each stage", () => {
  const marks = marksOf((step) => (step <= 100 ? 0.1 : step <= 200 ? 0.01 : 0.001));
  expect(marks).toEqual([
    { step: 101, from: 0.1, to: 0.01, before: 1, after: 2 },
    { step: 201, from: 0.01, to: 0.001, before: 2, after: 3 },
  ]);
});

test("restarts are marked, the cosines between them are not", () => {
  const marks = marksOf(of(schedule.warmRestarts({ t0: 100 })));
  expect(marks.map(({ step }) => step)).toEqual([101, 201]);
  expect(marks.every(({ from, to }) => to > from)).toBe(true);
});

test.each([
  ["a constant rate", of(schedule.constant())],
  ["a cosine to the end", of(schedule.cosine())],
  ["one cycle", of(schedule.oneCycle({ maxLr: 0.1 }))],
  ["a decay in every step", (step: number) => 0.1 * 0.5 ** step],
])("%s has no mark", (_, rate) => {
  expect(marksOf(rate)).toEqual([]);
});

test("drops in every epoch are the schedule itself and not marked", () => {
  expect(marksOf((step) => 0.1 * 0.5 ** Math.floor(step / 10))).toEqual([]);
});

test("a loss that is missing does not count", () => {
  const [mark] = marksOf(
    (step) => (step <= 100 ? 0.1 : 0.01),
    (step) => (step % 2 ? Number.NaN : 3),
  );
  expect(mark).toMatchObject({ before: 3, after: 3 });
});

test("a fall that a figure caused is marked however small it is, with the figure", () => {
  const marks = new RateMarks(4);
  for (let step = 1; step <= 8; step++) marks.push(step, 1, 0.1);
  marks.expect({ monitor: "loss", value: 0.7, best: 0.5 });
  for (let step = 9; step <= 12; step++) marks.push(step, 1, 0.09);
  expect(marks.marks).toEqual([
    { step: 9, from: 0.1, to: 0.09, before: 1, after: 1, cause: { monitor: "loss", value: 0.7, best: 0.5 } },
  ]);
  expect(rateMarkTable(marks.marks, 30).label).toEqual({ text: ["× 0.9 at loss 0.7: loss 1 → 1"] });
});
