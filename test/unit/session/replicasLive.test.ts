import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import type { Steered } from "../../../engine/context/index.ts";
import { globals } from "../../../engine/library.ts";
import { CHART_MIME, type Chart, type RunControl, type RunStatus } from "../../../engine/protocol/index.ts";
import { inContext, type Run } from "../../../engine/session/index.ts";
import type { Replica } from "../../../engine/session/replicaGroups.ts";
import { type ReplicaNews, trainReplicas } from "../../../engine/session/replicas.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";

const { nn, loss, metrics, optim, schedule, experiment } = globals;

let backend: Backend;
let folder: string;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
  folder = mkdtempSync(join(tmpdir(), "dlnb-replicas-"));
});
afterAll(async () => {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
});

const make = (over: object = {}) =>
  experiment({
    data: blobs(104).split({ valid: 24, seed: 1 }),
    model: nn.sequential(nn.linear(8), nn.relu(), nn.linear(3)),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.adamw({ lr: 1e-2 }),
    batchSize: 8,
    seed: 3,
    ...over,
  });

type Act = readonly [step: number, change: RunControl | ((run: Steered) => void)];

/** Trains replicas in a cell that knows the first experiment as `exp`; each act is done once so many updates are. */
async function trained(replicas: readonly Replica[], acts: readonly Act[] = []) {
  let steered: Steered | undefined;
  const left = [...acts];
  const context = Object.assign(testContext(backend, { folder }), {
    nameOf: (value: object) => (value === replicas[0]?.experiment ? "exp" : null),
    steered: (run: Steered) => {
      steered = run;
      return () => {};
    },
  });
  const statuses: RunStatus[] = [];
  const told = (news: ReplicaNews) => {
    statuses.push(news.status());
    while (steered && left[0] && left[0][0] <= news.done) {
      const [[, act]] = left.splice(0, 1) as [Act];
      if (typeof act === "function") act(steered);
      else expect(steered.control(act)).toMatchObject({ applied: true, why: "" });
    }
  };
  const call = {
    name: "replicas",
    of: (replicas[0] as Replica).experiment,
    labels: replicas.map((_, i) => `variant ${i}`),
  };
  const { runs, lanes } = await inContext(context, () => trainReplicas(replicas, context, told, call));
  return { runs: runs as Run[], lanes, statuses };
}

/** One experiment with other seeds and rates. */
const several = (given: readonly { seed: number; lr?: number }[], fit: object): Replica[] => {
  const { data, model } = make().options;
  return given.map(({ seed, lr = 1e-2 }) => {
    const one = make({ data, model, seed, optimizer: optim.adamw({ lr }) });
    return { experiment: one, options: one.fitOptions(fit, "fit") };
  });
};

const again = (given: { seed: number; lr?: number }, fit: object, run: Run): Promise<Run> => {
  const [{ experiment: one }] = several([given], {}) as [Replica];
  return inContext(testContext(backend), () => one.fit({ ...fit, replay: run }));
};

const weights = (run: Run): number[] => Object.values(run.stateDict()).flatMap((t) => [...t.data]);

const startOf = (run: Run) =>
  JSON.parse(readFileSync(join(run.folder as string, "log.jsonl"), "utf8").split("\n")[0] as string);

test("stand as one for those who watch: means of what goes on, and all of them by id", async () => {
  const { runs, statuses } = await trained(several([{ seed: 3 }, { seed: 4 }, { seed: 5 }], { epochs: 6 }));
  const last = statuses.at(-1) as RunStatus;
  expect(last.beside?.runs).toEqual(runs.map(({ record: { id, folder: own } }) => ({ id, folder: own })));
  expect(last).toMatchObject({ id: runs[0]?.record.id, step: 60, steps: 60, epoch: 6, epochs: 6, paused: false });
  expect(last.beside?.ownRates).toBe(false);
  const losses = runs.map((run) => run.history.trainLoss.at(-1) as number);
  expect(last.trainLoss).toBeCloseTo(losses.reduce((a, b) => a + b, 0) / 3, 6);
});

test("their logs say of which call they are, and by what name cells know the experiment", async () => {
  const { runs } = await trained(several([{ seed: 3 }, { seed: 4 }], { epochs: 1 }));
  const [a, b] = runs.map(startOf);
  expect([a.experiment, b.experiment]).toEqual(["exp", "exp"]);
  expect([a.group.name, a.group.label, b.group.label]).toEqual(["replicas", "variant 0", "variant 1"]);
  expect(a.group.id).toBe(b.group.id);
  const { runs: others } = await trained(several([{ seed: 3 }, { seed: 4 }], { epochs: 1 }));
  expect(startOf(others[0] as Run).group.id).not.toBe(a.group.id);
});

test("rates of their own cannot be made one, and are scaled together; each replays to the bits", async () => {
  const given = [
    { seed: 3, lr: 1e-3 },
    { seed: 3, lr: 1e-2 },
  ];
  const plan = { epochs: 8, schedule: schedule.cosine() };
  const refused: string[] = [];
  const { runs, lanes, statuses } = await trained(several(given, plan), [
    [10, (run) => void refused.push(run.control({ do: "set-lr", value: 0.5 }).why)],
    [20, { do: "scale-lr", factor: 0.1 }],
    [40, { do: "scale-lr", factor: 2 }],
  ]);
  expect(lanes).toEqual([2]);
  expect(refused[0]).toMatch(/^the runs side by side have learning rates of their own/);
  expect(statuses[0]?.beside?.ownRates).toBe(true);
  for (const [i, run] of runs.entries()) {
    expect(run.controls.map(({ change }) => change.do)).toEqual(["set-lr", "set-lr"]);
    expect(weights(await again(given[i] as (typeof given)[number], plan, run))).toEqual(weights(run));
  }
  const ratio = runs[1]?.history.lr.map((lr, i) => lr / (runs[0]?.history.lr[i] as number)).slice(0, -1) ?? [];
  for (const one of ratio) expect(one).toBeCloseTo(10, 6);
});

test("those that go on are changed when the first has ended by itself", async () => {
  const given = [{ seed: 3 }, { seed: 4 }];
  const first = several(given, { epochs: 30 });
  // the first stops as soon as its loss rises, the other goes on
  const replicas = first.map((replica, i) => ({
    ...replica,
    options: replica.experiment.fitOptions(
      { epochs: 30, earlyStopping: { patience: i === 0 ? 1 : 1000, minDelta: i === 0 ? 10 : 0 } },
      "fit",
    ),
  }));
  const { runs, lanes } = await trained(replicas, [[150, { do: "set-lr", value: 1e-4 }]]);
  expect(lanes).toEqual([2]);
  expect(runs.map(({ stopped }) => stopped)).toEqual(["early", "finished"]);
  const [ended, going] = runs as [Run, Run];
  expect(ended.steps).toBeLessThan(150);
  expect([ended.controls, going.controls.length]).toEqual([[], 1]);
  const plan = { epochs: 30, earlyStopping: { patience: 1000, minDelta: 0 } };
  expect(weights(await again(given[1] as { seed: number }, plan, going))).toEqual(weights(going));
});

describe("exp.replicas", () => {
  test("shows a chart that its runs can be changed from while they train", async () => {
    const context = testContext(backend);
    const found = await inContext(context, () => make().replicas({ seeds: 3, epochs: 4 }));
    const charts = context.events.flatMap((event) =>
      event.event === "output"
        ? event.output.items.flatMap((item): Chart[] => (item.mime === CHART_MIME ? [item.data] : []))
        : [],
    );
    const run = (chart: Chart | undefined) =>
      (chart?.spec.usermeta as { dlnb: { run?: string } } | undefined)?.dlnb.run;
    const [told] = context.events.flatMap((event) => (event.event === "progress" && event.run ? [event.run] : []));
    expect([charts[0]?.live, run(charts[0])]).toEqual([true, found.runs[0]?.record.id]);
    expect(told?.id).toBe(found.runs[0]?.record.id);
    expect(told?.beside?.runs.length).toBe(3);
    expect([charts.at(-1)?.live, run(charts.at(-1))]).toEqual([false, undefined]);
  });

  test("replays changes of an earlier call to the bits, side by side again", async () => {
    const exp = make();
    const vary = { lr: [1e-3, 1e-2] };
    const { runs } = await trained(
      several(
        [
          { seed: 3, lr: 1e-3 },
          { seed: 3, lr: 1e-2 },
        ],
        { epochs: 5 },
      ),
      [[20, { do: "scale-lr", factor: 0.5 }]],
    );
    const earlier = { runs, labels: ["a", "b"] };
    const found = await inContext(testContext(backend), () =>
      exp.replicas({ vary, epochs: 5, replay: earlier as never }),
    );
    expect(found.lanes).toEqual([2]);
    for (const [i, run] of found.runs.entries()) expect(weights(run)).toEqual(weights(runs[i] as Run));
    await expect(
      inContext(testContext(backend), () => exp.replicas({ seeds: 5, epochs: 5, replay: earlier as never })),
    ).rejects.toThrow("replay has 2 runs, and 5 are asked for");
  });
});
