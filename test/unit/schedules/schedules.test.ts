import { describe, expect, expectTypeOf, test } from "vitest";
import { required } from "../../../engine/params/index.ts";
import { robbinsMonro } from "../../../engine/schedules/convergence.ts";
import {
  isSchedule,
  rateAt,
  type Schedule,
  type Seen,
  schedule,
  scheduleAt,
  schedules,
  unitOf,
} from "../../../engine/schedules/index.ts";

const { cos, PI, max, min, floor } = Math;
const place = (step: number, steps = 100) => ({ step, steps, stepsPerEpoch: 10, epochs: 10 });
/** Of a run of one step per epoch, so that all units are one. */
const ratesOf = (s: Schedule, lr: number, steps: number) => {
  const [curve] = schedule.preview(s, { steps, lr }).curves;
  return Array.from(curve?.lr ?? []);
};

interface Entry {
  readonly make: Schedule;
  /** lr at t from what stood before: PyTorch's chainable form, or the paper's recurrence. */
  readonly next: (before: number, t: number) => number;
  readonly first: number;
}

const BASE = 0.1;
const STEPS = 40;

/** Each schedule by a recurrence of its own, written without looking at its formula. */
const recurrences: Readonly<Record<string, Entry[]>> = {
  constant: [
    { make: schedule.constant(), first: BASE, next: (lr) => lr },
    {
      make: schedule.constant({ factor: 0.25, totalIters: 4 }),
      first: BASE / 4,
      next: (lr, t) => (t === 4 ? lr * 4 : lr),
    },
    { make: schedule.constant({ factor: 0.5, totalIters: 0 }), first: BASE / 2, next: (lr) => lr },
  ],
  linear: [
    {
      make: schedule.linear({ startFactor: 0.2, endFactor: 0.9, totalIters: 7 }),
      first: BASE * 0.2,
      next: (lr, t) => (t > 7 ? lr : lr + (BASE * (0.9 - 0.2)) / 7),
    },
    { make: schedule.linear({ totalIters: 0 }), first: BASE / 3, next: (lr) => lr },
  ],
  linearTo: [
    { make: schedule.linearTo({ end: 0.02, tau: 8 }), first: BASE, next: (lr, t) => (t > 8 ? lr : lr - 0.08 / 8) },
    { make: schedule.linearTo({ tau: 10 }), first: BASE, next: (lr, t) => (t > 10 ? lr : lr - 0.099 / 10) },
  ],
  step: [
    {
      make: schedule.step({ stepSize: 6, gamma: 0.3 }),
      first: BASE,
      next: (lr, t) => (t % 6 === 0 ? lr * 0.3 : lr),
    },
  ],
  multiStep: [
    {
      make: schedule.multiStep({ milestones: [3, 7, 7], gamma: 0.5 }),
      first: BASE,
      next: (lr, t) => (t === 3 ? lr / 2 : t === 7 ? lr / 4 : lr),
    },
  ],
  exponential: [
    { make: schedule.exponential({ gamma: 0.9 }), first: BASE, next: (lr) => lr * 0.9 },
    { make: schedule.exponential({ percent: 5 }), first: BASE, next: (lr) => lr - lr / 20 },
  ],
  polynomial: [
    {
      make: schedule.polynomial({ totalIters: 12, power: 2 }),
      first: BASE,
      next: (lr, t) => (t > 12 ? lr : lr * ((1 - t / 12) / (1 - (t - 1) / 12)) ** 2),
    },
    { make: schedule.polynomial({ totalIters: 0 }), first: BASE, next: (lr) => lr },
  ],
  cosine: [
    {
      // PyTorch's chainable form; where it divides by zero, the rate begins to rise from etaMin
      make: schedule.cosine({ tMax: 10, etaMin: 0.02 }),
      first: BASE,
      next: (lr, t) =>
        (t - 1 - 10) % 20 === 0
          ? lr + ((BASE - 0.02) * (1 - cos(PI / 10))) / 2
          : ((1 + cos((PI * t) / 10)) / (1 + cos((PI * (t - 1)) / 10))) * (lr - 0.02) + 0.02,
    },
  ],
  warmRestarts: [
    {
      make: schedule.warmRestarts({ t0: 5, tMult: 2, etaMin: 0.01 }),
      first: BASE,
      next: (_, t) => {
        const [start, length] = t < 5 ? [0, 5] : t < 15 ? [5, 10] : t < 35 ? [15, 20] : [35, 40];
        return 0.01 + ((BASE - 0.01) * (1 + cos((PI * (t - start)) / length))) / 2;
      },
    },
  ],
  cyclic: (
    [
      ["triangular", () => 1],
      ["triangular2", (t: number) => 1 / 2 ** floor(t / 10)],
      ["expRange", (t: number) => 0.97 ** t],
    ] as const
  ).map(([mode, scale]) => ({
    make: schedule.cyclic({ maxLr: 0.5, stepSizeUp: 4, stepSizeDown: 6, mode, gamma: 0.97 }),
    first: BASE,
    next: (_: number, t: number) => {
      const at = t % 10;
      return BASE + (0.5 - BASE) * (at <= 4 ? at / 4 : 1 - (at - 4) / 6) * scale(t);
    },
  })),
  oneCycle: [
    {
      make: schedule.oneCycle({
        maxLr: 0.4,
        divFactor: 10,
        finalDivFactor: 100,
        annealStrategy: "linear",
        pctStart: 0.25,
      }),
      first: 0.04,
      // up to step 9, down to step 39
      next: (lr, t) => (t <= 9 ? lr + 0.36 / 9 : lr - (0.4 - 0.0004) / 30),
    },
    {
      make: schedule.oneCycle({ maxLr: 0.4, divFactor: 10, finalDivFactor: 100, pctStart: 0.25 }),
      first: 0.04,
      next: (_, t) =>
        t <= 9 ? 0.4 - 0.18 * (1 + cos((PI * t) / 9)) : 0.0004 + (0.3996 / 2) * (1 + cos((PI * (t - 9)) / 30)),
    },
  ],
  lambda: [{ make: schedule.lambda((t) => 1 / (t + 1)), first: BASE, next: (lr, t) => (lr * t) / (t + 1) }],
  multiplicative: [
    {
      make: schedule.multiplicative((t) => 1 - 1 / (t + 2)),
      first: BASE,
      next: (lr, t) => lr * (1 - 1 / (t + 2)),
    },
  ],
  inverseSqrt: [
    {
      make: schedule.inverseSqrt({ warmup: 9 }),
      first: BASE / 9,
      next: (lr, t) => (t < 9 ? lr + BASE / 9 : lr * Math.sqrt(t / (t + 1))),
    },
    {
      make: schedule.inverseSqrt({ warmup: 4, dModel: 16 }),
      first: BASE / (4 * 8),
      next: (_, t) => (BASE / 4) * min(1 / Math.sqrt(t + 1), (t + 1) / 8),
    },
  ],
  plateau: [{ make: schedule.plateau(), first: BASE, next: (lr) => lr }],
  concat: [
    {
      make: schedule.concat([schedule.constant(), schedule.exponential({ gamma: 0.8 })], { milestones: [5] }),
      first: BASE,
      next: (lr, t) => (t <= 5 ? lr : lr * 0.8),
    },
  ],
  chain: [
    {
      make: schedule.chain([schedule.step({ stepSize: 4, gamma: 0.5 }), schedule.exponential({ gamma: 0.9 })]),
      first: BASE,
      next: (lr, t) => lr * 0.9 * (t % 4 === 0 ? 0.5 : 1),
    },
  ],
  warmup: [
    {
      make: schedule.warmup(5, schedule.exponential({ gamma: 0.9 }), { startFactor: 0.2 }),
      first: 0.2 * BASE,
      next: (lr, t) => (t <= 5 ? lr + (0.8 * BASE) / 5 : lr * 0.9),
    },
  ],
};

/** Something for every option that must be given, so that a schedule of the reader's own joins by itself. */
function example(name: string): Schedule {
  const known = recurrences[name]?.[0]?.make;
  if (known) return known;
  const definition = schedules[name as keyof typeof schedules];
  const inside = ([, open, low = "0", high = "1"]: readonly string[]) =>
    Number(low) + (high === "inf" ? 1 : (Number(high) - Number(low)) / 2) + (open === "(" ? 0.5 : 0);
  const given = Object.entries(definition.params).flatMap(([option, param]) => {
    if (!param.required) return [];
    const number = inside(/^([[(])(.+),\s*(.+)[\])]$/.exec(param.range ?? "[0, 1]") ?? []);
    const value = { num: number, int: Math.ceil(number), ints: [1, 3], func: (t: number) => 1 / (t + 1), bool: true }[
      param.kind as "num"
    ];
    return [[option, value ?? required]];
  });
  return (schedule as unknown as Record<string, (o: unknown) => Schedule>)[name]?.(
    Object.fromEntries(given),
  ) as Schedule;
}

describe.each(Object.keys(schedules))("%s", (name) => {
  const s = example(name);

  test("gives a finite rate at every step, the same when asked again, in any order", () => {
    const rates = ratesOf(s, 0.1, 40);
    expect(rates.every((r) => r >= 0 && r < Infinity)).toBe(true);
    const at = (step: number) => scheduleAt(s, 0.1, { step, steps: 40, stepsPerEpoch: 1, epochs: 40 }).lr;
    expect([39, 3, 17].map(at)).toEqual([rates[39], rates[3], rates[17]]);
  });

  test("follows its recurrence", () => {
    for (const { make, first, next } of recurrences[name] ?? []) {
      const want = [first];
      for (let t = 1; t < STEPS; t++) want.push(next(want[t - 1] as number, t));
      expect(ratesOf(make, BASE, STEPS)).toBeAllclose(want, { rtol: 1e-9, atol: 1e-14 });
    }
  });

  test("keeps its rate within an epoch when it counts epochs", () => {
    const rates = schedule.preview(s, { epochs: 6, stepsPerEpoch: 7, lr: 0.1 }).curves[0]?.lr ?? [];
    if (unitOf(s) === "step") return;
    for (let step = 0; step < 42; step++) expect(rates[step]).toBe(rates[step - (step % 7)]);
  });

  test("counts what `per` says, where it has it", () => {
    if (!("per" in schedules[name as "step"].params)) return;
    for (const unit of ["step", "epoch"] as const) {
      const make = (schedule as unknown as Record<string, (o: unknown) => Schedule>)[name];
      const own = make?.({ ...(s.options as object), per: unit }) as Schedule;
      expect(unitOf(own)).toBe(unit);
      const fine = schedule.preview(own, { epochs: 10, stepsPerEpoch: 4, lr: 0.1 }).curves[0]?.lr ?? [];
      const alone = ratesOf(own, 0.1, unit === "epoch" ? 10 : 40);
      expect(Array.from(fine)).toEqual(unit === "epoch" ? alone.flatMap((r) => [r, r, r, r]) : alone);
    }
  });

  test("is known as a schedule", () => expect(isSchedule(s)).toBe(true));
});

test("the numbers of the lecture decks", () => {
  const at = (s: Schedule, lr: number, steps: number, ...places: number[]) => {
    const rates = ratesOf(s, lr, steps + 1);
    return places.map((t) => rates[t]);
  };
  expect(at(schedule.cosine({ tMax: 100 }), 1, 100, 0, 25, 50, 75, 100)).toBeAllclose([1, 0.853553, 0.5, 0.146447, 0], {
    atol: 5e-7,
  });
  expect(at(schedule.linearTo({ end: 0.001, tau: 100 }), 0.1, 200, 50, 100, 150)).toBeAllclose([0.0505, 0.001, 0.001]);
  expect(at(schedule.exponential({ percent: 5 }), 1, 10, 10)).toBeAllclose([0.598737], { rtol: 1e-6 });
  const lambda = schedule.lambda((k) => 0.65 ** floor(k / 10));
  expect(at(lambda, 0.1, 99, 0, 10, 25, 99)).toBeAllclose([0.1, 0.065, 0.04225, 0.00207119], { rtol: 1e-5 });
  const step = schedule.step({ stepSize: 30, gamma: 0.1 });
  expect(at(step, 0.1, 90, 0, 29, 30, 60, 90)).toBeAllclose([0.1, 0.1, 0.01, 0.001, 0.0001]);
  const line = schedule.linear({ startFactor: 1, endFactor: 0, totalIters: 10 });
  expect(at(line, 0.1, 10, 5, 10)).toBeAllclose([0.05, 0], { atol: 1e-18 });
});

/** Plateau as PyTorch's class steps it, one metric after the other. */
function torchPlateau(
  metrics: readonly number[],
  o: {
    lr: number;
    mode: "min" | "max";
    factor: number;
    patience: number;
    threshold: number;
    rel: boolean;
    cooldown: number;
    minLr: number;
    eps: number;
  },
): number[] {
  let { lr } = o;
  let best = o.mode === "min" ? Infinity : -Infinity;
  let [bad, cooling] = [0, 0];
  const rates: number[] = [];
  for (const metric of metrics) {
    rates.push(lr);
    const shift = o.rel ? Math.abs(best) * o.threshold : o.threshold;
    if (
      o.mode === "min"
        ? metric < best - (best === Infinity ? 0 : shift)
        : metric > best + (best === -Infinity ? 0 : shift)
    ) {
      best = metric;
      bad = 0;
    } else bad++;
    if (cooling > 0) {
      cooling--;
      bad = 0;
    }
    if (bad > o.patience) {
      const lower = max(lr * o.factor, o.minLr);
      if (lr - lower > o.eps) lr = lower;
      cooling = o.cooldown;
      bad = 0;
    }
  }
  return rates;
}

describe("plateau", () => {
  const metrics = Array.from({ length: 60 }, (_, t) => 2 * Math.exp(-t / 9) + 0.3 + 0.05 * Math.sin(7 * t));
  const seen = metrics.map((loss, i): Seen => ({ step: i + 1, train: { loss, accuracy: -loss } }));
  const along = (s: Schedule) =>
    metrics.map(
      (_, step) => scheduleAt(s, 0.1, { step, steps: 60, stepsPerEpoch: 1, epochs: 60, seen, higher: ["accuracy"] }).lr,
    );
  const base = {
    lr: 0.1,
    mode: "min",
    factor: 0.1,
    patience: 10,
    threshold: 1e-4,
    rel: true,
    cooldown: 0,
    minLr: 0,
    eps: 1e-8,
  } as const;

  test.each([
    [{ patience: 2, factor: 0.5 }, {}],
    [{ patience: 0, factor: 0.7, cooldown: 3 }, {}],
    [{ patience: 1, minLr: 0.03, factor: 0.4 }, {}],
    [{ patience: 1, eps: 0.02, factor: 0.5 }, {}],
    [{ patience: 3, threshold: 0.1 }, {}],
    [{ patience: 3, threshold: 0.05, thresholdMode: "abs" as const }, { rel: false }],
  ])("%o falls where PyTorch's does", (options, other) => {
    const { thresholdMode: _, ...numbers } = options as Record<string, number | string>;
    const want = torchPlateau(metrics, { ...base, ...numbers, ...other });
    expect(new Set(want).size).toBeGreaterThan(1);
    expect(along(schedule.plateau(options))).toBeAllclose(want, { rtol: 1e-12 });
  });

  test("with mode max or a metric that is better when higher, a rise is an improvement", () => {
    const want = torchPlateau(
      metrics.map((m) => -m),
      { ...base, mode: "max", patience: 2, rel: false },
    );
    const options = { monitor: "accuracy", patience: 2, thresholdMode: "abs" } as const;
    expect(along(schedule.plateau({ ...options, mode: "max" }))).toBeAllclose(want, { rtol: 1e-12 });
    expect(along(schedule.plateau(options))).toBeAllclose(want, { rtol: 1e-12 });
  });

  test("says which value caused the last fall", () => {
    const flat = [1, 0.5, 0.6, 0.7].map((loss, i): Seen => ({ step: 5 * (i + 1), train: { loss } }));
    const s = schedule.plateau({ patience: 1 });
    const at = (step: number) => scheduleAt(s, 1, { step, steps: 40, stepsPerEpoch: 5, epochs: 8, seen: flat });
    expect(at(19)).toEqual({ lr: 1 });
    expect(at(20)).toEqual({ lr: 0.1, drop: { step: 20, monitor: "loss", value: 0.7, best: 0.5 } });
  });

  test("takes validation where there is one, and passes over epochs that were not validated", () => {
    const valid = [1, null, 2, null, 3].map(
      (loss, i): Seen => ({
        step: i + 1,
        train: { loss: 5 - i },
        valid: loss === null ? null : { loss },
      }),
    );
    const at = (on: "auto" | "train") =>
      scheduleAt(schedule.plateau({ patience: 1, on }), 1, {
        step: 5,
        steps: 9,
        stepsPerEpoch: 1,
        epochs: 9,
        seen: valid,
      }).lr;
    expect(at("auto")).toBe(0.1);
    expect(at("train")).toBe(1);
  });

  test("within others it sees the epochs of its own part only", () => {
    const s = schedule.concat([schedule.constant(), schedule.plateau({ patience: 0, factor: 0.5 })], {
      milestones: [3],
    });
    const flat = [0.1, 0.1, 0.1, 1, 1, 1].map((loss, i): Seen => ({ step: i + 1, train: { loss } }));
    const rates = [0, 3, 4, 5, 6].map(
      (step) => scheduleAt(s, 1, { step, steps: 9, stepsPerEpoch: 1, epochs: 9, seen: flat }).lr,
    );
    expect(rates).toEqual([1, 1, 1, 0.5, 0.25]);
  });
});

// by hand from the definition: 100 steps, up to step 29, down to step 99
test("oneCycle spans the run and mirrors momentum", () => {
  const s = schedule.oneCycle({ maxLr: 1 });
  expect(scheduleAt(s, 0.1, place(0)).lr).toBeCloseTo(0.04, 15);
  expect(scheduleAt(s, 0.1, place(0)).momentum).toBe(0.95);
  expect(scheduleAt(s, 0.1, place(29))).toEqual({ lr: 1, momentum: 0.85 });
  expect(scheduleAt(s, 0.1, place(64)).lr).toBeCloseTo((1 + 4e-6) / 2, 12);
  expect(scheduleAt(s, 0.1, place(64)).momentum).toBeCloseTo(0.9, 12);
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

test("cyclic drives momentum the other way, and takes a height of one's own", () => {
  const s = schedule.cyclic({ maxLr: 0.5, stepSizeUp: 4, baseMomentum: 0.7, maxMomentum: 0.95, mode: "triangular2" });
  const at = (own: Schedule) => [0, 4, 8, 12].map((step) => scheduleAt(own, 0.1, place(step)));
  expect(at(s).map((d) => d.momentum)).toBeAllclose([0.95, 0.7, 0.95, 0.825]);
  const byCycle = schedule.cyclic({ maxLr: 0.5, stepSizeUp: 4, scale: (cycle) => 1 / cycle, cycleMomentum: false });
  expect(at(byCycle)).toEqual([{ lr: 0.1 }, { lr: 0.5 }, { lr: 0.1 }, { lr: expect.closeTo(0.3, 12) }]);
  const byStep = schedule.cyclic({ maxLr: 0.5, stepSizeUp: 4, scale: (t) => 0.9 ** t, scaleMode: "iterations" });
  expect(scheduleAt(byStep, 0.1, place(12)).lr).toBeCloseTo(0.1 + 0.4 * 0.9 ** 12, 12);
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

test("what lasts as long as the run does so also after a warm-up and as a part of others", () => {
  expect(scheduleAt(schedule.cosine(), 1, place(50)).lr).toBeCloseTo(0.5, 12);
  const late = schedule.warmup(20, schedule.cosine());
  expect([0, 10, 20, 60].map((step) => scheduleAt(late, 1, place(step)).lr)).toBeAllclose([0, 0.5, 1, 0.5]);
  const s = schedule.concat([schedule.linear({ startFactor: 0, totalIters: 2 }), schedule.cosine({ per: "epoch" })], {
    milestones: [2],
  });
  expect([0, 10, 20, 60].map((step) => scheduleAt(s, 1, place(step)).lr)).toBeAllclose([0, 0.5, 1, 0.5]);
});

test("what a schedule counts is in its type", () => {
  expectTypeOf(schedule.step({ stepSize: 2 })).toEqualTypeOf<Schedule<"epoch">>();
  expectTypeOf(schedule.step({ stepSize: 2, per: "step" })).toEqualTypeOf<Schedule<"step">>();
  expectTypeOf(schedule.lambda((t) => t, { per: "epoch" })).toEqualTypeOf<Schedule<"epoch">>();
  expectTypeOf(schedule.plateau()).toEqualTypeOf<Schedule<"epoch">>();
  expectTypeOf(schedule.warmup(5, schedule.cosine())).toEqualTypeOf<Schedule<"step">>();
  expectTypeOf(schedule.chain([schedule.step({ stepSize: 2 }), schedule.plateau()])).toEqualTypeOf<Schedule<"epoch">>();
  expect(unitOf(schedule.warmup(5, schedule.cosine()))).toBe("step");
  expect(unitOf(schedule.chain([schedule.step({ stepSize: 2 }), schedule.plateau()]))).toBe("epoch");
});

test("schedules that count differently do not go together", () => {
  const mixed = [schedule.step({ stepSize: 2 }), schedule.cosine()];
  const why = 'step counts epochs and cosine counts steps; give all the same per: "step" or "epoch"';
  // @ts-expect-error they fit no overload
  expect(() => schedule.chain(mixed)).toThrow(`chain: ${why}`);
  // @ts-expect-error nor here
  expect(() => schedule.concat(mixed, { milestones: [3] })).toThrow(`concat: ${why}`);
});

describe("preview", () => {
  test("draws any list on one chart, with the area and the last rate of each", () => {
    const shown = schedule.preview([schedule.constant(), schedule.cosine(), schedule.cosine({ tMax: 5 })], {
      epochs: 4,
      stepsPerEpoch: 5,
      lr: 0.1,
    });
    expect(shown.curves.map((c) => c.name)).toEqual(["constant", "cosine 1", "cosine 2"]);
    expect(shown.curves[0]?.area).toBeCloseTo(2, 12);
    expect(shown.curves[1]?.area).toBeCloseTo(0.1 * 10.5, 12);
    expect(String(shown).split("\n")[1]).toMatch(/^constant +0\.1 +0\.1 +0\.1 +2 +no: the sum of the squares diverges/);
  });

  test("names schedules as the reader does, and says of plateau that it waits", () => {
    const shown = schedule.preview({ slow: schedule.plateau({ monitor: "accuracy" }) }, { steps: 3 });
    expect(shown.curves[0]).toMatchObject({ name: "slow", note: "flat until accuracy stops improving", area: 3 });
  });

  test("refuses what is no schedule", () => {
    expect(() => schedule.preview([3] as never)).toThrow("preview: give a schedule, a list or a record of them, not 3");
    expect(() => schedule.preview([])).toThrow("preview: give a schedule, a list or a record of them; as");
    expect(() => schedule.preview(schedule.cosine(), { steps: 2, epochs: 3 })).toThrow(
      "steps and epochs are both given",
    );
  });
});

test("whether the rates fulfil the conditions of Robbins and Monro", () => {
  const holds = (s: Schedule) => robbinsMonro(s).holds;
  expect(holds(schedule.constant())).toBe(false);
  expect(holds(schedule.lambda((t) => 1 / (t + 1)))).toBe(true);
  expect(holds(schedule.lambda((t) => (t + 1) ** -0.75))).toBe(true);
  expect(robbinsMonro(schedule.lambda((t) => (t + 1) ** -1.5)).why).toMatch("the sum of its rates converges");
  expect(robbinsMonro(schedule.inverseSqrt()).why).toMatch("the sum of the squares diverges");
  expect(holds(schedule.linearTo())).toBe(false);
  expect(holds(schedule.cyclic({ maxLr: 0.5 }))).toBe(false);
  const finite = [
    schedule.step({ stepSize: 30 }),
    schedule.cosine(),
    schedule.oneCycle({ maxLr: 1 }),
    schedule.exponential({ gamma: 0.99 }),
    schedule.plateau(),
    schedule.lambda((t) => [1, 0.5, 0.1][t] as number),
  ];
  for (const s of finite) expect(holds(s)).toBe(null);
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
  expect(() => (schedule as unknown as Record<string, unknown>).oneCicle).toThrow(
    'no schedule "oneCicle"; did you mean "oneCycle"?',
  );
  expect(() => schedule.exponential({})).toThrow("exponential: gamma and percent are both missing; give one");
  expect(() => schedule.exponential({ gamma: 0.9, percent: 5 })).toThrow("gamma and percent are both given; give one");
  expect(() => schedule.warmup(5, 3 as never)).toThrow("warmup: inner must be a schedule");
});
