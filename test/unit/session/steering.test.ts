import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import type { CellEvent, RunContext, Steered } from "../../../engine/context/index.ts";
import { Splits } from "../../../engine/data/index.ts";
import { ConfigError } from "../../../engine/errors/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { metrics } from "../../../engine/metrics/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import type { Chart, Controlled, RunControl } from "../../../engine/protocol/index.ts";
import { schedule } from "../../../engine/schedules/index.ts";
import { Experiment, inContext, type Run } from "../../../engine/session/index.ts";
import { trainReplicas } from "../../../engine/session/replicas.ts";
import { along, checkedChange, Steering } from "../../../engine/session/steering.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";

const splits = () => new Splits({ train: blobs(103), valid: blobs(40, 1000), test: blobs(30, 2000) });

const make = (over: object = {}) =>
  new Experiment({
    data: splits(),
    model: nn.sequential(nn.linear(16), nn.batchNorm(), nn.relu(), nn.dropout(0.2), nn.linear(3)),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.adamw({ lr: 1e-2 }),
    batchSize: 4,
    seed: 3,
    ...over,
  });

let backend: Backend;
let gpu: Backend;
let folder: string;

beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
  gpu = await webgpuProvider.open({ threads: 0, log: () => {} });
  folder = mkdtempSync(join(tmpdir(), "dlnb-steering-"));
});
afterAll(async () => {
  await backend.close();
  await gpu.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What is done with a run that can be changed, once `step` updates are done. */
type Told = (run: Steered, step: number) => void;

/** Trains; `told` is called with the run that can be changed after every submit. */
async function train(
  experiment: Experiment,
  options: object,
  told?: Told,
  { on = backend, stop }: { on?: Backend; stop?: AbortController } = {},
): Promise<Run & { events: readonly CellEvent[] }> {
  let steered: Steered | undefined;
  const context: RunContext & { events: CellEvent[] } = Object.assign(
    testContext(on, { folder, ...(stop && { signal: stop.signal }) }),
    {
      steered: (run: Steered) => {
        steered = run;
        return () => {
          steered = undefined;
        };
      },
    },
  );
  experiment.onSteps = ({ from, loss: { length } }) => {
    if (steered) told?.(steered, from + length - 1);
  };
  const run = await inContext(context, () => experiment.fit(options));
  return Object.assign(run, { events: context.events });
}

/** Makes each change once its step is done. */
const at = (changes: readonly (readonly [step: number, change: RunControl])[]): Told => {
  const left = [...changes];
  return (run, step) => {
    while (left[0] && left[0][0] <= step) {
      const [[, change]] = left.splice(0, 1) as [(typeof left)[number]];
      expect(run.control(change)).toMatchObject({ applied: true, why: "" });
    }
  };
};

const weights = (run: Run): number[] => Object.values(run.stateDict()).flatMap((t) => [...t.data]);

function expectSame(a: Run, b: Run): void {
  expect(weights(a)).toEqual(weights(b));
  expect(a.history).toEqual(b.history);
  expect(a.final).toEqual(b.final);
}

const curve = ({ events }: { events: readonly CellEvent[] }): Chart => {
  const shown = events.flatMap((event) => (event.event === "output" ? event.output.items : []));
  return shown
    .flatMap((item) => (item.mime === "application/vnd.dlnb.chart+json" ? [item.data as Chart] : []))
    .at(-1) as Chart;
};

const logOf = (run: Run): { event: string; [key: string]: unknown }[] =>
  readFileSync(join(run.folder as string, "log.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

const cosine = { epochs: 20, schedule: schedule.cosine() };

describe("a run that is changed by hand", () => {
  const plan = { epochs: 20, schedule: schedule.oneCycle({ maxLr: 2e-2 }) };
  const changes = [
    [5, { do: "set-lr", value: 3e-3 }],
    [
      130,
      {
        do: "set-schedule",
        points: [
          [200, 1e-2],
          [400, 1e-4],
        ],
      },
    ],
    [300, { do: "set-lr", value: 5e-3 }],
    [430, { do: "follow-plan" }],
  ] as const;

  test("is replayed to the bits, on its backend", async () => {
    for (const on of [backend, gpu]) {
      const run = await train(make(), plan, at(changes), { on });
      expect(run.controls.map(({ change }) => change.do)).toEqual(changes.map(([, change]) => change.do));
      expectSame(await train(make(), { ...plan, replay: run.controls }, undefined, { on }), run);
      expectSame(await train(make(), { ...plan, replay: run }, undefined, { on }), run);
    }
  });

  test("has the rates that were in force in its history, and the plan's without changes", async () => {
    const [free, run] = [await train(make(), plan), await train(make(), plan, at(changes))];
    const [first, drawn, second, back] = run.controls.map(({ step }) => step) as [number, number, number, number];
    const { lr } = run.history;
    const planned = free.history.lr;
    expect(lr.slice(0, first)).toEqual(planned.slice(0, first));
    // the schedule goes on from the value that was set, in its own form
    expect(lr[first]).toBe(3e-3);
    for (const step of [first + 9, drawn - 1]) {
      expect(lr[step]).toBeCloseTo((3e-3 * (planned[step] as number)) / (planned[first] as number), 15);
    }
    expect(lr[drawn]).toBeCloseTo((3e-3 * (planned[drawn] as number)) / (planned[first] as number), 15);
    expect(lr[200]).toBeCloseTo(1e-2, 15);
    expect(lr[250]).toBeCloseTo(1e-2 + (50 / 200) * (1e-4 - 1e-2), 15);
    expect(lr[second]).toBe(5e-3);
    expect(lr.slice(back)).toEqual(planned.slice(back));
  });

  test("that is paused and goes on is the run without pauses", async () => {
    const free = await train(make(), plan);
    let resumed = 0;
    let asked = false;
    const run = await train(make(), plan, (steered, step) => {
      if (step < 100 || asked) return;
      asked = true;
      expect(steered.control({ do: "pause" }).applied).toBe(true);
      expect(steered.control({ do: "pause" })).toMatchObject({ applied: false, why: "the run is paused already" });
      setTimeout(() => {
        resumed = performance.now();
        expect(steered.control({ do: "resume" }).applied).toBe(true);
      }, 150);
    });
    expect(resumed).toBeGreaterThan(0);
    expectSame(run, free);
    const { record } = run;
    expect(record.seconds).toBeLessThan(free.record.seconds + 0.1);
    expect(logOf(run).find(({ event, why }) => event === "checkpoint" && why === "paused")).toBeDefined();
    const told = run.events.flatMap((e) => (e.event === "progress" && e.run?.paused ? [e] : []));
    expect(told.at(-1)?.message).toMatch(/paused at step [0-9]+$/);
    expect(told.at(-1)?.run).toMatchObject({ paused: true, etaSeconds: null });
    expectSame(await train(make(), { ...plan, replay: run }), free);
  });

  test("that was set while it waited goes on with what was set", async () => {
    let waits = 0;
    const run = await train(make(), cosine, (steered, step) => {
      if (step < 60 || waits > 0) return;
      waits = steered.control({ do: "pause" }).step;
      setTimeout(() => {
        expect(steered.control({ do: "set-lr", value: 1e-3 })).toEqual({ applied: true, step: waits, why: "" });
        steered.control({ do: "resume" });
      }, 60);
    });
    expect(run.history.lr[waits]).toBe(1e-3);
    expectSame(await train(make(), { ...cosine, replay: run.controls }), run);
  });

  test("goes on from a checkpoint with its changes, to the bits of one that was not stopped", async () => {
    const stop = new AbortController();
    const tell = at([[5, { do: "set-lr", value: 3e-3 }]]);
    const half = await train(
      make(),
      plan,
      (steered, step) => {
        tell(steered, step);
        if (step > 130) stop.abort();
      },
      { stop },
    );
    expect(half.stopped).toBe("interrupted");
    const file = join(half.folder as string, "checkpoints", "last.safetensors");
    const rest = await train(make(), { ...plan, resume: file }, at([[300, { do: "set-lr", value: 1e-3 }]]));
    expect(rest.controls.map(({ change }) => change.do)).toEqual(["set-lr", "set-lr"]);
    const whole = await train(make(), { ...plan, replay: rest.controls });
    expect(weights(rest)).toEqual(weights(whole));
    expect(rest.history.lr).toEqual(whole.history.lr.slice(half.steps));
    // from the checkpoint, once more
    expectSame(await train(make(), { ...plan, resume: half, replay: rest }), rest);
    // and without what was changed
    const free = await train(make(), { ...plan, resume: half, replay: [] });
    expect(free.history.lr).toEqual((await train(make(), plan)).history.lr.slice(half.steps));
  });

  test("follows a plateau's falls from the rate that was set", async () => {
    const falls = {
      epochs: 20,
      schedule: schedule.plateau({ patience: 0, factor: 0.5, threshold: 0.2, on: "train" }),
    };
    const run = await train(make(), falls, at([[40, { do: "set-lr", value: 4e-3 }]]));
    const { step } = run.controls[0] as Controlled;
    const { lr } = run.history;
    expect(lr[step]).toBe(4e-3);
    const rates = [...new Set(lr.slice(step))];
    expect(rates.length).toBeGreaterThan(2);
    expect(rates[1]).toBeCloseTo(2e-3, 15);
    expectSame(await train(make(), { ...falls, replay: run }), run);
  });

  test("stops after the epoch as early stopping does, and is replayed", async () => {
    const run = await train(make(), { ...plan, validateEvery: 5 }, at([[30, { do: "stop-after-epoch" }]]));
    expect([run.stopped, run.steps % 26]).toEqual(["early", 0]);
    expect(run.steps).toBeLessThan(130);
    expect(run.final.validLoss).toBeGreaterThan(0);
    expect(run.final.testAccuracy).toBeGreaterThan(0);
    expect(run.history.valid.loss?.filter((value) => !Number.isNaN(value)).length).toBe(1);
    expectSame(await train(make(), { ...plan, validateEvery: 5, replay: run }), run);
    // what goes on from it does not stop again
    const rest = await train(make(), { ...plan, resume: run });
    expect([rest.stopped, rest.steps]).toEqual(["finished", 520]);
    expect(weights(await train(make(), { ...plan, replay: rest }))).toEqual(weights(rest));
  });

  test("does not stop when that is taken back", async () => {
    const run = await train(
      make(),
      { epochs: 6 },
      at([
        [30, { do: "stop-after-epoch" }],
        [31, { do: "keep-going" }],
      ]),
    );
    expect(run.stopped).toBe("finished");
    expectSame(await train(make(), { epochs: 6, replay: run }), run);
  });

  test("can be interrupted while it waits, and keeps its state", async () => {
    const stop = new AbortController();
    let waits = false;
    const run = await train(
      make(),
      plan,
      (steered) => {
        if (waits) return;
        waits = steered.control({ do: "pause" }).applied;
        setTimeout(() => stop.abort(), 80);
      },
      { stop },
    );
    expect(run.stopped).toBe("interrupted");
    expect(run.progress?.step).toBe(run.steps);
    const rest = await train(make(), {
      ...plan,
      resume: join(run.folder as string, "checkpoints", "last.safetensors"),
    });
    expect(weights(rest)).toEqual(weights(await train(make(), plan)));
  });

  test("says what it was asked for in its log before it follows, on its curve and in words", async () => {
    const run = await train(make(), plan, at(changes));
    const log = logOf(run);
    for (const { step, change } of run.controls) {
      const line = log.findIndex((one) => one.event === "control" && one.step === step);
      expect(log[line]).toEqual({ event: "control", step, change });
      const after = log.findIndex(({ event, from }) => event === "steps" && (from as number) > step);
      expect(line).toBeLessThan(after);
    }
    const { datasets, text } = curve(run);
    expect(datasets.controls?.label).toEqual({ text: ["lr 3e-3", "drawn lr", "lr 5e-3", "plan"] });
    expect(text).toContain("the learning rate was set to 3e-3");
    // what is set by hand is no fall of the schedule's
    expect(datasets.rateMarks?.label).toEqual({ text: [] });
  });
});

describe("a change that cannot be made", () => {
  const now = { step: 100, steps: 500, lr: 1e-2 };

  test.each([
    [{ do: "set-lr", value: 0 }, "set-lr: value = 0 is outside (0, inf)"],
    [{ do: "set-lr", value: -1 }, "outside (0, inf)"],
    [{ do: "set-lr", value: Number.NaN }, "value = NaN"],
    [{ do: "set-lr", value: Infinity }, "value = Infinity"],
    [{ do: "set-lr", value: "0.1" }, 'value = "0.1"'],
    [{ do: "set-lr" }, "value = undefined"],
    [{ do: "set-schedule", points: [] }, "1 to 1000 pairs"],
    [{ do: "set-schedule", points: "all" }, "1 to 1000 pairs"],
    [{ do: "set-schedule", points: [[200, -1]] }, "points[0] = [200,-1]"],
    [{ do: "set-schedule", points: [[200.5, 1]] }, "points[0]"],
    [{ do: "set-schedule", points: [[200, 1, 2]] }, "points[0]"],
    [
      {
        do: "set-schedule",
        points: [
          [300, 1],
          [300, 2],
        ],
      },
      "steps must ascend",
    ],
    [
      {
        do: "set-schedule",
        points: [
          [50, 1],
          [100, 2],
        ],
      },
      "step 100 is done or on its way",
    ],
    [{ do: "set-schedule", points: [[501, 1]] }, "the run ends after 500"],
    [{ do: "explode" }, 'no change "explode"'],
    [null, "no change null"],
    [[], "no change []"],
  ])("is refused by name: %j", (change, message) => {
    expect(() => checkedChange(change, now)).toThrow(ConfigError);
    expect(() => checkedChange(change, now)).toThrow(message);
  });

  test("leaves the run as it is", async () => {
    const answers: unknown[] = [];
    const run = await train(make(), { epochs: 4 }, (steered) => {
      answers.push(steered.control({ do: "set-lr", value: -1 }));
      answers.push(steered.control({ do: "resume" }), steered.control({ do: "keep-going" }));
    });
    expect(answers[0]).toMatchObject({ applied: false, why: "set-lr: value = -1 is outside (0, inf)" });
    expect(answers[1]).toMatchObject({ applied: false, why: "the run is not paused" });
    expectSame(run, await train(make(), { epochs: 4 }));
    expect(run.controls).toEqual([]);
  });

  test("of a method that finds its own steps has a word for it", async () => {
    const answers: unknown[] = [];
    const whole = () =>
      make({ model: nn.sequential(nn.linear(8), nn.tanh(), nn.linear(3)), optimizer: optim.lbfgs({}) });
    const run = await train(whole(), { epochs: 6 }, (steered, step) => {
      if (step === 1) answers.push(steered.control({ do: "set-lr", value: 0.1 }));
      if (step === 3) answers.push(steered.control({ do: "stop-after-epoch" }));
    });
    expect(answers[0]).toMatchObject({ applied: false, why: expect.stringContaining("lbfgs finds the length") });
    expect(answers[1]).toMatchObject({ applied: true });
    expect([run.stopped, run.steps]).toEqual(["early", 3]);
  });

  test.each([
    [[{ step: -1, change: { do: "pause" } }], "fit: replay[0].step = -1"],
    [
      [
        { step: 5, change: { do: "follow-plan" } },
        { step: 4, change: { do: "follow-plan" } },
      ],
      "replay[1].step = 4",
    ],
    [[{ step: 5, change: { do: "set-lr", value: 0 } }], "fit: replay[0]: set-lr: value = 0"],
    [[3], "replay[0].step = undefined"],
    ["all", "a run or its controls"],
  ])("of a replay is refused by name: %j", async (replay, message) => {
    await expect(train(make(), { epochs: 2, replay })).rejects.toThrow(message);
  });
});

test("a drawn schedule begins at the rate in force, or where its line is by now", () => {
  const now = { step: 100, steps: 500, lr: 1e-2 };
  expect(checkedChange({ do: "set-schedule", points: [[200, 1e-3]] }, now)).toEqual({
    do: "set-schedule",
    points: [
      [100, 1e-2],
      [200, 1e-3],
    ],
  });
  // the run went on while it was drawn
  expect(
    checkedChange(
      {
        do: "set-schedule",
        points: [
          [50, 1],
          [150, 0],
          [500, 0.5],
        ],
      },
      now,
    ),
  ).toEqual({
    do: "set-schedule",
    points: [
      [100, 0.5],
      [150, 0],
      [500, 0.5],
    ],
  });
  expect(
    [0, 10, 15, 20, 30].map((step) =>
      along(
        [
          [10, 1],
          [20, 2],
        ],
        step,
      ),
    ),
  ).toEqual([1, 1, 1.5, 2, 2]);
});

test("where the schedule has no rate, the one that is set holds", () => {
  const steering = new Steering([{ step: 5, change: { do: "set-lr", value: 0.1 } }], 0);
  const plan = (step: number) => (step < 10 ? 0 : step);
  expect([4, 5, 9, 20].map((step) => steering.rate(step, plan))).toEqual([0, 0.1, 0.1, 0.1]);
});

test("the rest of the plan says what is to come, as it stands and as it was planned", async () => {
  let seen: unknown;
  await train(make(), { epochs: 20 }, (steered, step) => {
    if (step < 50 || seen) return;
    steered.control({ do: "set-lr", value: 1e-3 });
    const { steps, lr, planned } = steered.rest;
    seen = [steps.length, steps.at(-1), new Set(lr), new Set(planned), (steps[0] as number) >= step];
  });
  expect(seen).toEqual([200, 519, new Set([1e-3]), new Set([1e-2]), true]);
});

test("replicas side by side are changed as one, and each is replayed to the bits by itself", async () => {
  let steered: Steered | undefined;
  const context = Object.assign(testContext(backend, { folder }), {
    steered: (run: Steered) => {
      steered = run;
      return () => {};
    },
  });
  // what one plan can train has data and model in common
  const shared = {
    data: splits(),
    model: nn.sequential(nn.linear(16), nn.batchNorm(), nn.relu(), nn.dropout(0.2), nn.linear(3)),
  };
  const replicas = [3, 4].map((seed) => {
    const experiment = make({ ...shared, seed });
    return { experiment, options: experiment.fitOptions({ epochs: 8, schedule: schedule.cosine() }, "fit") };
  });
  const tell = at([
    [30, { do: "set-lr", value: 3e-3 }],
    [60, { do: "pause" }],
    [120, { do: "stop-after-epoch" }],
  ]);
  const first = replicas[0]?.experiment as Experiment;
  let waits = false;
  first.onSteps = ({ from, loss: { length } }) => {
    if (!steered) return;
    tell(steered, from + length - 1);
    if (waits || from + length - 1 < 60) return;
    waits = true;
    setTimeout(() => expect(steered?.control({ do: "resume" }).applied).toBe(true), 50);
  };
  const { runs, lanes } = await inContext(context, () => trainReplicas(replicas, context, () => {}));
  expect(lanes).toEqual([2]);
  expect(waits).toBe(true);
  for (const [i, seed] of [3, 4].entries()) {
    const run = runs[i] as Run;
    expect(run.controls.map(({ change }) => change.do)).toEqual(["set-lr", "pause", "resume", "stop-after-epoch"]);
    expect([run.stopped, run.steps]).toEqual(["early", runs[0]?.steps]);
    const again = await train(make({ seed }), { epochs: 8, schedule: schedule.cosine(), replay: run.controls });
    expect(weights(again)).toEqual(weights(run));
    expect(again.history.lr).toEqual(run.history.lr);
  }
});

describe("checkpoints of epochs", () => {
  const files = (run: Run) => readdirSync(join(run.folder as string, "checkpoints")).sort();

  test("are spread over the run, a few at a time, and each continues to the bits", async () => {
    const run = await train(make(), { epochs: 20, checkpoints: { every: 1, keep: 4 } });
    // every, every other, every fourth, every eighth epoch of 26 steps
    expect(files(run)).toEqual([
      "last.safetensors",
      "step-104.safetensors",
      "step-208.safetensors",
      "step-312.safetensors",
      "step-416.safetensors",
    ]);
    const { datasets } = curve(run);
    expect(datasets.checkpoints?.label).toEqual({ text: ["step 104", "step 208", "step 312", "step 416", "step 520"] });
    const file = join(run.folder as string, "checkpoints", "step-208.safetensors");
    expect(weights(await train(make(), { epochs: 20, resume: file }))).toEqual(weights(run));
    const log = logOf(run);
    for (const { file: gone } of log.filter(({ event }) => event === "removed")) expect(files(run)).not.toContain(gone);
  });

  test("are left out where they do not fit, and where none is wanted", async () => {
    for (const checkpoints of [{ keep: 0 }, { every: 1, megabytes: 0.001 }]) {
      expect(files(await train(make(), { epochs: 3, checkpoints }))).toEqual(["last.safetensors"]);
    }
    await expect(train(make(), { epochs: 3, checkpoints: { often: 1 } })).rejects.toThrow('unknown option "often"');
  });
});
