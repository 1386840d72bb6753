import { describe, expect, test } from "vitest";
import { isSchedule, rateAt, type Schedule, schedule, scheduleAt, schedules } from "../../../engine/schedules/index.ts";

const given: Record<string, unknown[]> = {
  concat: [[schedule.constant(), schedule.cosine()], { milestones: [1] }],
  cyclic: [{ maxLr: 0.5, stepSizeUp: 7 }],
  exponential: [{ gamma: 0.9 }],
  lambda: [(t: number) => 1 / (t + 1)],
  multiStep: [{ milestones: [1, 3] }],
  oneCycle: [{ maxLr: 0.3 }],
  step: [{ stepSize: 2 }],
  warmRestarts: [{ t0: 6, tMult: 2 }],
};
const make = schedule as unknown as Record<string, (...given: unknown[]) => Schedule>;

describe.each(Object.keys(schedules))("%s", (name) => {
  const s = (make[name] as (...given: unknown[]) => Schedule)(...(given[name] ?? []));

  test("gives a finite rate at every step, the same when asked again", () => {
    const rates = schedule.preview(s, { baseLr: 0.1, steps: 40, stepsPerEpoch: 8 });
    expect(rates.every((r) => r >= 0 && r < Infinity)).toBe(true);
    expect(schedule.preview(s, { baseLr: 0.1, steps: 40, stepsPerEpoch: 8 })).toEqual(rates);
  });

  test("is known as a schedule", () => expect(isSchedule(s)).toBe(true));
});

const place = (step: number, steps = 100) => ({ step, steps, stepsPerEpoch: 10, epochs: 10 });

test("a schedule per epoch keeps its rate within one", () => {
  const s = schedule.step({ stepSize: 2 });
  expect([0, 9, 19, 20, 39, 40].map((step) => scheduleAt(s, 1, place(step)).lr)).toBeAllclose([
    1, 1, 1, 0.1, 0.1, 0.01,
  ]);
  const each = schedule.step({ stepSize: 2, per: "step" });
  expect([0, 1, 2, 4].map((step) => scheduleAt(each, 1, place(step)).lr)).toBeAllclose([1, 1, 0.1, 0.01]);
});

// by hand from the definition: 100 steps, up to step 29, down to step 99
test("oneCycle spans the run and mirrors momentum", () => {
  const s = schedule.oneCycle({ maxLr: 1 });
  expect(scheduleAt(s, 0.1, place(0)).lr).toBeCloseTo(0.04, 15);
  expect(scheduleAt(s, 0.1, place(0)).momentum).toBe(0.95);
  expect(scheduleAt(s, 0.1, place(29))).toEqual({ lr: 1, momentum: 0.85 });
  expect(scheduleAt(s, 0.1, place(64)).lr).toBeCloseTo((1 + 4e-6) / 2, 12);
  expect(scheduleAt(s, 0.1, place(99)).lr).toBeCloseTo(4e-6, 15);
  expect(scheduleAt(s, 0.1, place(500)).lr).toBeCloseTo(4e-6, 15);
});

// by hand from PyTorch's phases: up to step 29, down to step 58 as far as it came, then to step 99
test("oneCycle in three phases comes down as it went up, then to almost nothing", () => {
  const s = schedule.oneCycle({ maxLr: 1, threePhase: true, annealStrategy: "linear" });
  expect([0, 29, 43.5, 58, 99].map((step) => scheduleAt(s, 0.1, place(step)).lr)).toBeAllclose(
    [0.04, 1, 0.52, 0.04, 4e-6],
    { rtol: 1e-12 },
  );
});

test("momentum drives momentum, or betas[0] in Adam's family, and no optimizer that has none", () => {
  const s = schedule.oneCycle({ maxLr: 1 });
  expect(rateAt(s, { lr: 1, momentum: 0.9 }, place(29))).toEqual({ lr: 1, momentum: 0.85 });
  expect(rateAt(s, { lr: 1, "betas[0]": 0.9, "betas[1]": 0.999 }, place(29))).toEqual({
    lr: 1,
    "betas[0]": 0.85,
    "betas[1]": 0.999,
  });
  expect(rateAt(s, { lr: 1, momentum: 0 }, place(29))).toEqual({ lr: 1, momentum: 0 });
  expect(rateAt(schedule.constant(), { lr: 1, momentum: 0.9 }, place(29))).toEqual({ lr: 1, momentum: 0.9 });
});

test("cosine ends with the run unless tMax says otherwise", () => {
  expect(scheduleAt(schedule.cosine(), 1, place(50)).lr).toBeCloseTo(0.5, 12);
  expect(scheduleAt(schedule.cosine({ tMax: 50 }), 1, place(50)).lr).toBeCloseTo(0, 12);
});

test("concat lets each schedule span its own part of the run", () => {
  const s = schedule.concat([schedule.linear({ startFactor: 0, totalIters: 2 }), schedule.cosine()], {
    milestones: [2],
  });
  expect([0, 10, 20, 60].map((step) => scheduleAt(s, 1, place(step)).lr)).toBeAllclose([0, 0.5, 1, 0.5]);
});

test("what makes no rate is refused", () => {
  expect(() => schedule.oneCycle({} as { maxLr: number })).toThrow(
    "oneCycle: maxLr is missing; give maxLr: number in (0, inf)",
  );
  expect(() =>
    scheduleAt(
      schedule.lambda(() => Number.NaN),
      1,
      place(3),
    ),
  ).toThrow("lambda: lr = NaN at step 3 is outside [0, inf)");
  expect(() => schedule.concat([schedule.cosine()], { milestones: [2] })).toThrow(
    "concat: 1 schedules take 0 milestones, not 1",
  );
  expect(() =>
    schedule.concat([schedule.cosine(), schedule.cosine(), schedule.cosine()], { milestones: [2, 2] }),
  ).toThrow("concat: milestones [2, 2] do not rise");
  expect(() => make.oneCicle).toThrow('no schedule "oneCicle"; did you mean "oneCycle"?');
});
