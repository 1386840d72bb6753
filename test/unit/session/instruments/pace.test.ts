import { expect, test } from "vitest";
import { Looks, MOST_LOOKS } from "../../../../engine/session/instruments/looks.ts";
import { DeviceClock, Pace } from "../../../../engine/session/instruments/pace.ts";
import { Streaks } from "../../../../engine/session/instruments/streaks.ts";

/** A run whose steps take 1 ms and whose looks take `lookMs`: the looks that a pace asks for. */
function looksOf(pace: Pace, steps: number, lookMs: number, compileMs = 0): number[] {
  const looks: number[] = [];
  let begun = false;
  let due: number | undefined = Number.POSITIVE_INFINITY;
  for (let step = 0; step < steps; step++) {
    if (!begun && pace.begins(compileMs)) {
      begun = true;
      pace.compiled(compileMs);
      due = step;
    }
    if (due === undefined) due = pace.after(looks.at(-1) ?? 0);
    if (due !== undefined && step >= due) {
      looks.push(step);
      pace.looked(lookMs);
      due = pace.everyStep ? step + 1 : undefined;
    }
    pace.trained(1, 1, false);
  }
  return looks;
}

test.each([
  ["economy", 0.05],
  ["business", 0.2],
  [0.1, 0.1],
] as const)("%s looks as often as it may, and costs at most %f of the steps' time", (mode, ceiling) => {
  for (const lookMs of [0.5, 3, 20]) {
    const pace = new Pace(mode, 0, 10_000);
    const looks = looksOf(pace, 10_000, lookMs);
    const cost = (looks.length * lookMs) / 10_000;
    expect(cost).toBeLessThanOrEqual(ceiling);
    expect(cost).toBeGreaterThan(ceiling / 5);
    expect(looks[0]).toBeLessThan(5);
    expect(pace.overhead).toBeCloseTo(cost, 6);
    // looks stand at round steps, 1, 2, 5 ... apart
    expect(looks.every((step) => step % pace.every === 0 || step < 200)).toBe(true);
  }
});

test("full looks before every step, a run too short for a look within its budget has none", () => {
  expect(looksOf(new Pace("full", 0, 20), 20, 5)).toHaveLength(20);
  expect(looksOf(new Pace("economy", 0, 20), 20, 5)).toEqual([]);
  expect(looksOf(new Pace("off", 0, 1000), 1000, 0.01)).toEqual([]);
});

test.each([0.02, 0.05, 0.2])(
  "what compiling takes is earned too: with a ceiling of %f all of it stays below",
  (ceiling) => {
    for (const [steps, compileMs] of [
      [300, 80],
      [3000, 80],
      [30_000, 80],
      [30_000, 500],
    ] as const) {
      const pace = new Pace(ceiling, 0, steps);
      const looks = looksOf(pace, steps, 1.5, compileMs);
      const cost = looks.length === 0 ? 0 : (looks.length * 1.5 + compileMs) / steps;
      expect(cost).toBeLessThanOrEqual(ceiling);
      expect(pace.overhead).toBeCloseTo(cost, 6);
      if (ceiling * steps > 2 * compileMs) expect(looks.length).toBeGreaterThan(10);
    }
  },
);

test("50,000 looks at a step keep a bounded number, the first and the last among them", () => {
  const looks = new Looks([
    { name: "a", size: 1 },
    { name: "b", size: 2 },
  ]);
  const kept: number[] = [];
  for (let step = 0; step < 50_000; step++) {
    if (looks.push(step, { a: Float64Array.of(step), b: Float64Array.of(step, -step) })) kept.push(step);
  }
  expect(looks.count).toBe(50_000);
  expect(looks.steps.length).toBeLessThanOrEqual(MOST_LOOKS + 1);
  expect(looks.steps.length).toBeGreaterThan(MOST_LOOKS / 2 - 1);
  expect(looks.steps[0]).toBe(0);
  expect(looks.steps.at(-1)).toBe(49_999);
  expect([...looks.series("a")]).toEqual(looks.steps);
  expect([...looks.series("b", 1)]).toEqual(looks.steps.map((step) => -step));
  expect([...looks.at("b", 1)]).toEqual([looks.steps[1], -(looks.steps[1] as number)]);
  // what the run's log gets stays bounded too
  expect(kept.length).toBeLessThan(3000);
});

test("a unit is dead for good when it was 0 at all of the last looks, and alive again at the first that is not", () => {
  const streaks = new Streaks(3);
  for (let look = 0; look < 20; look++) {
    const awake = look % 10 === 0 ? 0.5 : 0;
    streaks.push(10 * look, [1, look < 8 ? 1 : 0, awake]);
  }
  expect(streaks.lasting(20)).toEqual([
    { unit: 1, since: 80, looks: 12 },
    { unit: 2, since: 110, looks: 9 },
  ]);
  streaks.push(200, [1, 0, 0.1]);
  expect(streaks.lasting(21).map(({ unit }) => unit)).toEqual([1]);
});

test("the time of work that waits for other work begins when that ends", async () => {
  const clock = new DeviceClock();
  const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));
  const [first, second] = await Promise.all([clock.time(wait(60)), clock.time(wait(90))]);
  expect(first.ms).toBeGreaterThan(50);
  expect(second.ms).toBeLessThan(first.ms);
});
