import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import { inContext } from "../../../engine/context/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { decodeColumns } from "../../../engine/plots/columns.ts";
import type { Columns } from "../../../engine/protocol/index.ts";
import { schedule } from "../../../engine/schedules/index.ts";
import { toy } from "../../../engine/toys/index.ts";
import type { Race, RaceOptions } from "../../../engine/toys/race.ts";
import { testContext } from "../../support/context.ts";

let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
});
afterAll(() => backend.close());

const race = (options: RaceOptions): Promise<Race> => inContext(testContext(backend), () => toy.race(options));
const chartOf = (shown: unknown) =>
  (shown as Record<symbol, () => { data: { title: string; text: string; spec: Record<string, unknown> } }[]>)[
    Symbol.for("dlnb.display")
  ]?.()[0]?.data as { title: string; text: string; spec: Record<string, unknown> };

describe("what holds of gradient descent", () => {
  test.each([0.5, 1, 4])("on curvature %d it converges exactly below lr 2 / curvature", async (curvature) => {
    const sgd = (share: number) => optim.sgd({ lr: (share * 2) / curvature });
    const { paths } = await race({
      surface: toy.surface("quadratic", { curvature }),
      optimizers: { below: sgd(0.98), half: sgd(0.5), slow: sgd(0.05), above: sgd(1.02) },
      steps: 400,
    });
    const [below, half, slow, above] = paths.map(({ loss }) => (loss.at(-1) as number) / (loss[0] as number));
    expect(below).toBeLessThan(1e-6);
    expect(half).toBeLessThan(1e-12); // one step: the rate is 1 / curvature
    expect(slow).toBeLessThan(1e-12);
    expect(above).toBeGreaterThan(1e6);
  });

  test("its path is (1 - lr curvature)^n, hand calculation", async () => {
    const { paths } = await race({
      surface: toy.surface("quadratic", { curvature: 2 }),
      optimizers: [optim.sgd({ lr: 0.1 })],
      start: [1, -2],
      steps: 20,
    });
    const want = Array.from({ length: 21 }, (_, n) => 0.8 ** n);
    expect(paths[0]?.x ?? []).toBeAllclose(want, { rtol: 1e-5 });
    expect(paths[0]?.y ?? []).toBeAllclose(
      want.map((w) => -2 * w),
      { rtol: 1e-5 },
    );
    expect(paths[0]?.loss ?? []).toBeAllclose(
      want.map((w) => 5 * w * w),
      { rtol: 1e-5 },
    );
  });

  test("momentum beats it in the ravine, the more the longer that is", async () => {
    for (const [condition, factor] of [
      [30, 1.2],
      [300, 3],
    ] as const) {
      // the best rates and momentum of either for this condition: Polyak 1964
      const root = Math.sqrt(condition);
      const result = await race({
        surface: toy.surface("ravine", { condition }),
        optimizers: {
          sgd: optim.sgd({ lr: 2 / (condition + 1) }),
          momentum: optim.sgd({ lr: 4 / (root + 1) ** 2, momentum: ((root - 1) / (root + 1)) ** 2 }),
        },
        steps: 2000,
      });
      const [sgd, momentum] = [result.path("sgd").reached as number, result.path("momentum").reached as number];
      expect(sgd / momentum).toBeGreaterThan(factor);
    }
  });

  test("on the ridge of a saddle it goes to the saddle point and stays; noise frees it", async () => {
    const about = {
      surface: toy.surface("saddle"),
      start: [-1.5, 0] as const,
      optimizers: { sgd: optim.sgd({ lr: 0.05 }) },
      steps: 300,
    };
    const still = (await race(about)).path("sgd");
    expect(still.reached).toBeNull();
    expect(still.y.every((y) => y === 0)).toBe(true);
    expect(still.loss.at(-1)).toBeCloseTo(0, 10);
    const freed = await race({ ...about, noise: 0.05 });
    expect(freed.path("sgd").reached).toBeLessThan(100);
    expect(chartOf(freed).title).toMatch(/^Sgd leaves the saddle after \d+ steps$/);
  });

  test("the wall of a cliff throws it far back, and clipping keeps it near", async () => {
    const sgd = optim.sgd({ lr: 0.3 });
    const result = await race({
      surface: "cliff",
      optimizers: { plain: sgd, clipped: { optimizer: sgd, clip: { norm: 1 } } },
      steps: 60,
    });
    const [plain, clipped] = [result.path("plain"), result.path("clipped")];
    expect(plain.longest.length).toBeGreaterThan(5);
    expect(clipped.longest.length).toBeLessThanOrEqual(0.3 + 1e-5); // lr times the largest norm
    expect(Math.min(...clipped.x)).toBeGreaterThan(-4.21);
    expect(clipped.distance).toBeLessThan(0.5);
    expect(chartOf(result).title).toMatch(/one step throws plain 8\.\d+ away$/);
  });
});

test("a race is the same bits again, and another one with another seed", async () => {
  const about = {
    surface: toy.surface("beale"),
    optimizers: { sgd: optim.sgd({ lr: 0.01 }), adam: optim.adam({ lr: 0.1 }) },
    steps: 300,
    noise: 0.5,
    startJitter: 0.1,
  };
  const [first, again, other] = [
    await race({ ...about, seed: 3 }),
    await race({ ...about, seed: 3 }),
    await race(about),
  ];
  expect(again.paths).toEqual(first.paths);
  expect(other.start).not.toEqual(first.start);
  expect(first.paths[0]?.x[0]).toBe(first.paths[1]?.x[0]);
  expect(first.path("sgd").x).not.toEqual(other.path("sgd").x);
});

test("longer paths than a submit go on where they stopped", async () => {
  const about = { surface: toy.surface("rosenbrock"), optimizers: { adam: optim.adam({ lr: 0.02 }) } };
  const [short, long] = [await race({ ...about, steps: 200 }), await race({ ...about, steps: 700 })];
  expect(long.path("adam").x.length).toBe(701);
  expect(long.path("adam").x.slice(0, 201)).toEqual(short.path("adam").x);
});

test("schedules drive the rate, of all or of one", async () => {
  const result = await race({
    surface: toy.surface("quadratic"),
    start: [1, 0],
    steps: 4,
    schedule: schedule.step({ stepSize: 2, gamma: 0.5 }),
    optimizers: {
      all: optim.sgd({ lr: 0.2 }),
      own: { optimizer: optim.sgd({ lr: 0.2 }), schedule: schedule.constant() },
      none: { optimizer: optim.sgd({ lr: 0.2 }), schedule: null },
    },
  });
  expect(result.path("all").x).toBeAllclose([1, 0.8, 0.64, 0.576, 0.5184], { rtol: 1e-5 });
  expect(result.path("none").x).toBeAllclose([1, 0.8, 0.64, 0.512, 0.4096], { rtol: 1e-5 });
});

test("a path ends where it is no longer finite, and says so", async () => {
  const result = await race({
    surface: toy.surface("beale"),
    optimizers: { wild: optim.sgd({ lr: 1 }), tame: optim.adam({ lr: 0.1 }) },
    steps: 300,
  });
  const { diverged, x, y, loss } = result.path("wild");
  expect(diverged).toBe(x.length);
  expect([...x, ...y, ...loss].every(Number.isFinite)).toBe(true);
  const { title, text } = chartOf(result);
  expect(title).toBe(`Tame reaches the minimum first, after 263 steps; wild diverges at step ${diverged}`);
  expect(text).toContain(`wild: diverged at step ${diverged}`);
  expect(String(result)).toContain("tame: 263 steps; ends at (2.94, 0.485)");
});

test("an arrival counts only when it lasts", async () => {
  const { paths, tolerance } = await race({
    surface: toy.surface("quadratic"),
    optimizers: [optim.sgd({ lr: 0.1, momentum: 0.9 })],
    steps: 200,
  });
  const [path] = paths;
  const near = Array.from(path?.x ?? [], (x, i) => Math.hypot(x, path?.y[i] as number) <= tolerance);
  const from = path?.reached as number;
  expect(near.indexOf(true)).toBeLessThan(from);
  expect(near.slice(from).every(Boolean)).toBe(true);
  expect(near[from - 1]).toBe(false);
});

test("titles say who came first, or that nobody did", async () => {
  const title = async (options: Omit<RaceOptions, "surface">) =>
    chartOf(await race({ surface: toy.surface("ravine"), ...options })).title;
  const [slow, fast] = [optim.sgd({ lr: 0.01 }), optim.sgd({ lr: 0.18 })];
  expect(await title({ optimizers: { slow, fast } })).toMatch(
    /^Fast reaches the minimum first, after \d+ steps; slow is still 0\.\d+ away after 200$/,
  );
  expect(await title({ optimizers: { slow }, steps: 20 })).toMatch(/^Slow is still 4\.\d+ away after 20$/);
  expect(await title({ optimizers: { slow, fast }, steps: 10 })).toMatch(
    /^None reaches the minimum in 10 steps; fast ends nearest, 0\.\d+ away$/,
  );
  expect(await title({ optimizers: { fast, same: fast } })).toMatch(
    /^Fast and same reach the minimum after \d+ steps$/,
  );
});

test("the chart scrubs through the steps, and shows the best path over the surface in three dimensions", async () => {
  const chart = chartOf(
    await race({ surface: toy.surface("beale"), optimizers: [optim.adam({ lr: 0.1 })], steps: 1000 }),
  ) as unknown as { spec: { usermeta: { dlnb: Record<string, Record<string, unknown>> } }; datasets: object };
  const { scrub, surface, choose } = chart.spec.usermeta.dlnb;
  const frames = scrub?.values as number[];
  expect(frames.length).toBeLessThanOrEqual(202);
  expect([frames[0], frames.at(-1)]).toEqual([0, 1000]);
  expect(frames[scrub?.start as number]).toBe(1000);
  expect(surface).toMatchObject({ dataset: "relief", log: true, path: { dataset: "best" } });
  expect(choose).toHaveLength(1);
  expect(JSON.stringify(chart).length).toBeLessThan(400_000);
});

test("the chart of a long race with many racers stays small, and keeps the steps in which a path moves", async () => {
  const wild = optim.sgd({ lr: 0.0199, momentum: 0 });
  const result = await race({
    surface: toy.surface("ravine", { condition: 100 }),
    optimizers: Array.from({ length: 12 }, () => wild),
    steps: 10_000,
  });
  const { datasets } = chartOf(result) as unknown as { datasets: { paths: Columns } };
  const { step, x, y } = decodeColumns(datasets.paths);
  expect(step?.length).toBeLessThan(4000);
  // the first zigzags across the valley are all there
  const first = Array.from(step ?? [], (n, i) => [n, x?.[i], y?.[i]] as const).slice(0, 20);
  expect(first.map(([n]) => n)).toEqual(first.map((_, i) => i));
  for (const [n, , at] of first) expect(at).toBeCloseTo(2 * (-0.99) ** n, 3);
});

test("WebGPU and WebAssembly walk the same way", async () => {
  const webgpu = await webgpuProvider.open({ threads: 0, log: () => {} });
  try {
    const about: RaceOptions = {
      surface: toy.surface("beale"),
      optimizers: { momentum: optim.sgd({ lr: 0.002, momentum: 0.9 }), adam: optim.adam({ lr: 0.1 }) },
      steps: 60,
      noise: 0.1,
    };
    const [here, there] = [await race(about), await inContext(testContext(webgpu), () => toy.race(about))];
    for (const { name, x, y } of here.paths) {
      expect(there.path(name).x).toBeAllclose(x, { rtol: 1e-4, atol: 1e-4 });
      expect(there.path(name).y).toBeAllclose(y, { rtol: 1e-4, atol: 1e-4 });
    }
  } finally {
    await webgpu.close();
  }
});

test("lists of optimizers get names that tell them apart", async () => {
  const lr = (value: number) => optim.sgd({ lr: value });
  const { paths } = await race({
    surface: toy.surface("ravine"),
    optimizers: [lr(0.1), lr(0.1), lr(0.05), optim.adam({ lr: 0.1 })],
    steps: 5,
  });
  expect(paths.map(({ name }) => name)).toEqual(["sgd lr 0.1", "sgd lr 0.1 (2)", "sgd lr 0.05", "adam"]);
});

test("mistakes are named", async () => {
  const about = { surface: toy.surface("ravine"), steps: 5 };
  const sgd = optim.sgd({ lr: 0.1 });
  const refused = async (options: unknown, message: string) =>
    await expect(race({ ...about, ...(options as { optimizers: [] }) })).rejects.toThrow(message);
  await refused({ optimizers: [] }, "race: 0 optimizers; give 1 to 12");
  await refused({ optimizers: { sgd: "sgd" } }, "race: sgd is no optimizer; give one, as optim.adam({ lr: 0.1 }), or");
  await refused({ optimizers: { sgd: { optimizer: sgd, clips: 1 } } }, 'race: sgd has no "clips"; give one, as');
  await refused({ optimizers: { a: { optimizer: sgd, clip: { norm: -1 } } } }, "race: clip of a: norm = -1 is outside");
  await refused({ optimizers: { a: sgd }, surface: "bale" }, 'no surface "bale"; did you mean "beale"?');
  await refused({ optimizers: { a: sgd }, start: [1] }, "race: start must be two numbers, [x, y], not [1]");
  await expect(race({ ...about, optimizers: { a: sgd } }).then((r) => r.path("b"))).rejects.toThrow(
    'race: no path "b"; there is a',
  );
});

test("an interrupt ends a race", async () => {
  const controller = new AbortController();
  const context = testContext(backend, { signal: controller.signal });
  const running = inContext(context, () =>
    toy.race({ surface: toy.surface("ravine"), optimizers: [optim.sgd({ lr: 0.1 })], steps: 10_000 }),
  );
  controller.abort();
  await expect(running).rejects.toThrow("race: interrupted in the path of sgd, 0 of 1 were done");
});
