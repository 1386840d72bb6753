import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { Splits } from "../../../engine/data/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { metrics } from "../../../engine/metrics/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { decodeColumns } from "../../../engine/plots/index.ts";
import { plots } from "../../../engine/plots/recorded/index.ts";
import { CHART_MIME, type Chart, type LogPlot, type RunLogLine } from "../../../engine/protocol/index.ts";
import { schedule } from "../../../engine/schedules/index.ts";
import { Experiment, inContext } from "../../../engine/session/index.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";

let backend: Backend;
let folder: string;
/** Its folder. */
let run: string;
let lines: RunLogLine[];
/** As the cell shows them at the end: the learning curve, and the layers. */
let shown: Chart[];

beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
  folder = mkdtempSync(join(tmpdir(), "dlnb-recorded-"));
  const experiment = new Experiment({
    data: new Splits({ train: blobs(103), valid: blobs(40, 1000) }),
    model: nn.sequential(nn.linear(16), nn.relu(), nn.linear(3)),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.sgd({ lr: 0.1, momentum: 0.9 }),
    clip: { norm: 0.5 },
    batchSize: 16,
    seed: 3,
  });
  const context = testContext(backend, { folder });
  const trained = await inContext(context, () =>
    experiment.fit({ epochs: 20, schedule: schedule.oneCycle({ maxLr: 0.1 }), instruments: "full" }),
  );
  run = trained.folder as string;
  const log = readFileSync(join(run, "log.jsonl"), "utf8");
  lines = log
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const last = new Map<string, Chart>();
  for (const event of context.events) {
    for (const item of event.event === "output" ? event.output.items : []) {
      if (item.mime === CHART_MIME) last.set(item.data.id, item.data);
    }
  }
  shown = [...last.values()];
});
afterAll(async () => {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
});

function taken(plot: LogPlot, given: readonly unknown[] = lines): LogPlot {
  for (const line of given) plot.take(line);
  return plot;
}

describe("the learning curve of a log", () => {
  test("is the one that the cell showed", () => {
    const curve = shown.find(({ kind }) => kind === "learning-curve") as Chart;
    expect(taken(plots.learningCurve(curve.id, basename(run))).chart(false)).toEqual(curve);
  });

  test("grows by rows as the log does, to the same curve", () => {
    const plot = plots.learningCurve("curve", "1");
    expect(plot.chart(true)).toBe(null);
    expect(plot.rows()).toEqual([]);
    taken(plot, lines.slice(0, 20));
    expect(plot.rows()).toBe(null);
    const chart = plot.chart(true) as Chart;
    const steps = (columns: Chart["datasets"][string] | undefined) => [...(decodeColumns(columns ?? {}).step ?? [])];
    const train = steps(chart.datasets.train);
    for (const line of lines.slice(20)) {
      plot.take(line);
      for (const { dataset, columns, replace } of plot.rows() ?? []) {
        if (dataset === "train" && replace) train.length = 0;
        if (dataset === "train") train.push(...steps(columns));
      }
    }
    expect(train).toEqual(steps((plot.chart(false) as Chart).datasets.train));
  });

  test("harms nothing when anybody wrote it", () => {
    const wrong: unknown[] = [null, 1, "x", [], {}, [[[]]], -5, 1e300, "NaN", true, ["a", {}]];
    const names = [
      "loss",
      "from",
      "lr",
      "epoch",
      "step",
      "train",
      "valid",
      "fit",
      "curve",
      "config",
      "change",
      "file",
      "columns",
      "layers",
      "gradients",
      "f32",
    ];
    const events = ["start", "steps", "epoch", "drop", "control", "checkpoint", "removed", "looks", "look", "end"];
    const bad = events.flatMap((event) => names.flatMap((name) => wrong.map((value) => ({ event, [name]: value }))));
    for (const plot of [plots.learningCurve("a", "1"), plots.layers("b")]) {
      taken(plot, [...wrong, ...bad, lines[0], ...bad]);
      expect(() => JSON.stringify([plot.chart(true), plot.rows(), plot.chart(false)])).not.toThrow();
    }
  });
});

describe("the layers of a log", () => {
  test("are those that the cell showed", () => {
    const layers = shown.find(({ kind }) => kind === "plot") as Chart;
    const chart = taken(plots.layers(layers.id)).chart(false) as Chart;
    for (const name of ["deviations", "gradients"]) {
      const [ours, theirs] = [chart.datasets[name], layers.datasets[name]].map((table) => table ?? {});
      expect(ours?.layer).toEqual(theirs?.layer);
      expect(decodeColumns(ours ?? {})).toEqual(decodeColumns(theirs ?? {}));
    }
  });

  test("are none where nobody looked", () => {
    expect(
      taken(
        plots.layers("a"),
        lines.filter(({ event }) => event !== "looks" && event !== "look"),
      ).chart(false),
    ).toBe(null);
  });
});
