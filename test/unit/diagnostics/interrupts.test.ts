import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { Interrupted } from "../../../engine/errors/index.ts";
import { globals } from "../../../engine/library.ts";
import { CHART_MIME } from "../../../engine/protocol/index.ts";
import { inContext, type Run } from "../../../engine/session/index.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";

const { nn, loss, metrics, optim, schedule, experiment } = globals;

let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 1, log: () => {} });
});
afterAll(() => backend.close());

const make = (over: object = {}) =>
  experiment({
    data: blobs(600).split({ valid: 120, seed: 1 }),
    model: nn.sequential(nn.linear(64), nn.relu(), nn.linear(3)),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.adamw({ lr: 1e-3 }),
    batchSize: 8,
    seed: 3,
    ...over,
  });

/** Examples that are almost alike, with three classes in turn: nobody learns them soon. */
const hopeless = () => {
  const { x, y } = blobs(600);
  const alike = Float32Array.from({ length: x.size }, (_, i) => 1e-6 * i);
  return blobs(600).with({ x: new HostTensor(x.shape, "f32", alike), y } as never);
};

/** Longer than anybody waits. */
const LONG = { epochs: 100_000 };

/** What is kept of it when it is stopped: runs with their weights, what was measured by then, or nothing, which is said. */
const cases: Readonly<Record<string, [work: () => Promise<unknown>, keeps: "run" | "runs" | "measured" | "nothing"]>> =
  {
    fit: [() => make().fit(LONG), "run"],
    "fit with lbfgs": [() => make({ optimizer: optim.lbfgs({ maxIter: 5 }) }).fit(LONG), "run"],
    "fit with newton": [() => make({ optimizer: optim.newton() }).fit(LONG), "run"],
    "fit with cg": [() => make({ optimizer: optim.cg() }).fit(LONG), "run"],
    replicas: [() => make().replicas({ seeds: 3, ...LONG }), "runs"],
    crossValidate: [() => make().crossValidate({ folds: 3, ...LONG }), "runs"],
    compareSchedules: [
      () => make().compareSchedules({ schedules: { a: schedule.cosine(), b: null }, seeds: 2, ...LONG } as never),
      "runs",
    ],
    "compareOptimizers with given rates": [
      () => make().compareOptimizers({ optimizers: { a: optim.adam(), b: optim.sgd({ lr: 0.1 }) }, seeds: 2, ...LONG }),
      "runs",
    ],
    findLearningRate: [() => make().findLearningRate({ steps: 100_000, startLr: 1e-9, endLr: 1e-6 }), "measured"],
    lrGrid: [() => make().lrGrid({ steps: 100_000 } as never), "measured"],
    overfitBatch: [() => make({ data: hopeless() }).overfitBatch({ steps: 100_000 }), "nothing"],
  };

test.each(Object.entries(cases))(
  "%s says how far it is and stops within a second, keeping what it has",
  async (name, [work, keeps]) => {
    const stop = new AbortController();
    const context = testContext(backend, { signal: stop.signal });
    let asked: NodeJS.CpuUsage | null = null;
    context.emit = (event) => {
      context.events.push(event);
      // once it is well under way; a batch is learnt before anybody is told how far it is
      const begun = name === "overfitBatch" ? event.event === "output" : event.event === "progress" && event.done > 0;
      if (!begun || asked !== null) return;
      asked = process.cpuUsage();
      stop.abort(new Interrupted("stop"));
    };
    const outcome = await inContext(context, work).then(
      (value) => ({ value, error: null }),
      (error: unknown) => ({ value: null, error }),
    );
    // the processor's time, which other programs hardly lengthen
    const { user, system } = process.cpuUsage(asked ?? undefined);
    expect((user + system) / 1000).toBeLessThan(1000);
    const told = context.events.flatMap((event) => (event.event === "progress" ? [event] : []));
    expect(told.every(({ message }) => message !== "")).toBe(true);
    const charts = context.events.flatMap((event) =>
      event.event === "output" ? event.output.items.filter(({ mime }) => mime === CHART_MIME) : [],
    );
    if (charts.length > 0) expect(charts.at(-1)?.data).toMatchObject({ live: false });
    if (keeps === "nothing") {
      expect(outcome.error).toBeInstanceOf(Interrupted);
      expect(String(outcome.error)).toMatch(/nothing was (?:trained|kept|changed)/);
      return;
    }
    expect(outcome.error).toBeNull();
    expect(charts.length).toBeGreaterThan(0);
    const runs =
      keeps === "run" ? [outcome.value as Run] : keeps === "runs" ? (outcome.value as { runs: Run[] }).runs : [];
    for (const run of runs) {
      expect(run.stopped).toBe("interrupted");
      expect(run.steps).toBeGreaterThan(0);
      expect(Object.keys(run.stateDict()).length).toBeGreaterThan(0);
    }
    if (keeps === "runs") expect((outcome.value as { complete: boolean }).complete).toBe(false);
  },
  30_000,
);
