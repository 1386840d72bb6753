import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { type Splits, data as sources } from "../../../engine/data/index.ts";
import "../../../engine/diagnostics/index.ts";
import { judge } from "../../../engine/diagnostics/learningRate/verdict.ts";
import { Interrupted } from "../../../engine/errors/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { CHART_MIME, type Chart, type ChartHints } from "../../../engine/protocol/index.ts";
import { Experiment, inContext, type Run } from "../../../engine/session/index.ts";
import "../../support/allclose.ts";
import { testContext } from "../../support/context.ts";

let backend: Backend;
let wine: Splits;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
  const set = await sources.csv("test/fixtures/data/wine.csv", { target: "y" });
  wine = set.split({ valid: 0.25, seed: 1, stratify: true }).normalize("standardize");
});
afterAll(() => backend.close());

const make = (over: object = {}) =>
  new Experiment({
    name: "wine",
    data: wine,
    model: nn.sequential(nn.linear(16), nn.tanh(), nn.linear(3)),
    loss: loss.crossEntropy(),
    optimizer: optim.sgd({ lr: 0.1, momentum: 0.9 }),
    batchSize: 32,
    seed: 4,
    ...over,
  });

const at = <T>(work: () => Promise<T>, context = testContext(backend)) => inContext(context, work);
const lastChart = ({ events }: ReturnType<typeof testContext>) =>
  events
    .flatMap((e) =>
      e.event === "output" ? e.output.items.flatMap((i) => (i.mime === CHART_MIME ? [i.data] : [])) : [],
    )
    .at(-1) as Chart;

test("a rate is slow, good, high or diverging by how far its loss falls", () => {
  // the best falls by 2: good falls by at least 1.6
  const { best, verdicts } = judge([2.3, 1.2, 0.6, 0.3, 0.9, 3, Number.POSITIVE_INFINITY], 2.3);
  expect(best).toBe(3);
  expect(verdicts).toEqual(["slow", "slow", "good", "good", "high", "diverging", "diverging"]);
  expect(judge([3, 4], 2.3)).toEqual({ best: -1, verdicts: ["diverging", "diverging"] });
});

describe("a grid of learning rates", () => {
  test("ends where single runs at the same rates end", async () => {
    const lrs = [1e-4, 0.03, 0.3];
    const grid = await at(() => make().lrGrid({ lrs, steps: 40 }));
    for (const [i, lr] of lrs.entries()) {
      const losses: number[] = [];
      const experiment = make({ optimizer: optim.sgd({ lr, momentum: 0.9 }) });
      experiment.onSteps = (rows) => losses.push(...rows.loss);
      await at(() => experiment.fit({ steps: 40 }));
      let [sum, norm] = [0, 0];
      for (const value of losses) [sum, norm] = [0.9 * sum + 0.1 * value, 0.9 * norm + 0.1];
      expect([grid.losses[i] as number]).toBeAllclose([sum / norm], { rtol: 1e-4 });
    }
    expect(grid.steps).toBe(40);
  });

  test("covers ten to the minus five to one by default, and names the best", async () => {
    const context = testContext(backend);
    const grid = await at(() => make().lrGrid(), context);
    expect(grid.lrs.length).toBe(9);
    expect([grid.lrs[0], grid.lrs.at(-1)]).toEqual([1e-5, 1]);
    expect(grid.verdicts[0]).toBe("slow");
    expect(grid.losses[grid.lrs.indexOf(grid.best as number)]).toBe(Math.min(...grid.losses));
    const chart = lastChart(context);
    expect(chart.title).toMatch(
      /^[\d.e-]+ is the best of 9 learning rates after 100 steps: loss [\d.e-]+; \d slow, \d good/,
    );
    const { actions } = (chart.spec.usermeta as { dlnb: ChartHints }).dlnb;
    expect(actions?.[0]).toMatchObject({
      do: { kind: "set-option", options: ["maxLr", "lr"], value: grid.best, experiment: "wine" },
    });
    expect(actions?.length).toBeGreaterThan(2);
  });

  test("a rate that is not finite is diverging, and the others go on", async () => {
    const regression = {
      loss: loss.mse(),
      model: nn.sequential(nn.linear(8), nn.linear(1)),
      optimizer: optim.sgd({ lr: 1 }),
    };
    const set = await sources.csv("test/fixtures/data/diabetes.csv", { target: "y", task: "regression" });
    const grid = await at(() =>
      make({ data: set.normalize("standardize"), ...regression }).lrGrid({ lrs: [1e-6, 1e-4, 1e3], seeds: 2 }),
    );
    expect(grid.verdicts[2]).toBe("diverging");
    expect(grid.losses[2]).toBe(Number.POSITIVE_INFINITY);
    expect(grid.verdicts[1]).toBe("good");
  });

  test("a probe suggests a rate a little above the best", async () => {
    const grid = await at(() => make().lrGrid({ probe: true, points: 4, from: 1e-3, to: 1 }));
    expect(grid.steps).toBe(100);
    expect(grid.eps0).toBeCloseTo(1.2 * (grid.best as number), 12);
  });

  test("64 rates and several seeds train side by side", async () => {
    const context = testContext(backend);
    const grid = await at(() => make().lrGrid({ points: 64, from: 1e-4, to: 10, seeds: 2, steps: 20 }), context);
    expect(grid.lrs.length).toBe(64);
    expect(lastChart(context).spec).toBeTruthy();
  });

  test("says what is wrong with the rates", async () => {
    await expect(at(() => make().lrGrid({ lrs: [0.1] }))).rejects.toThrow("a list of 2 to 64 rates above 0");
    await expect(at(() => make().lrGrid({ from: 1, to: 0.1 }))).rejects.toThrow("to = 0.1 is not above from = 1");
    await expect(at(() => make().lrGrid({ steps: 5, epochs: 1 }))).rejects.toThrow("epochs and steps are both given");
  });

  test("a stop keeps what is known; before the first step it is an interruption", async () => {
    const controller = new AbortController();
    const context = testContext(backend, { signal: controller.signal });
    const { emit } = context;
    context.emit = (event) => {
      emit(event);
      controller.abort();
    };
    const grid = await at(() => make().lrGrid({ steps: 50_000 }), context);
    expect(grid.stopped).toBe(true);
    expect(grid.steps).toBeLessThan(50_000);
    expect(lastChart(context).title).toContain("of 50,000 steps");
    await expect(at(() => make().lrGrid(), context)).rejects.toThrow(Interrupted);
  });
});

describe("a sweep of learning rates", () => {
  test("compares validation losses, with the seeds that fit would have", async () => {
    const sweep = await at(() => make().lrSweep({ lrs: [1e-3, 0.1], seeds: 2, epochs: 3 }));
    expect(sweep.of).toBe("validation");
    const run = (await at(() =>
      make({ optimizer: optim.sgd({ lr: 0.1, momentum: 0.9 }), seed: 5 }).fit({ epochs: 3 }),
    )) as Run;
    expect([sweep.bySeed[1]?.[1] as number]).toBeAllclose([run.final.validLoss as number], { rtol: 1e-4 });
    expect(sweep.best).toBe(0.1);
    expect(sweep.losses[1]).toBeCloseTo(((sweep.bySeed[1]?.[0] as number) + (sweep.bySeed[1]?.[1] as number)) / 2, 12);
  });

  test("compares training losses when nothing validates", async () => {
    const context = testContext(backend);
    const sweep = await at(
      () => make({ data: wine.train }).lrSweep({ points: 3, from: 1e-3, to: 0.1, steps: 30 }),
      context,
    );
    expect(sweep.of).toBe("training");
    expect(lastChart(context).title).toMatch(
      /^Lowest training loss [\d.e-]+ at a learning rate of 0.1 after 30 steps.*; higher rates may be better yet$/,
    );
  });

  test("changes nothing: the experiment and a run keep their bits", async () => {
    const [plain, swept] = [make(), make()];
    await at(() => swept.lrSweep({ points: 3, epochs: 1 }));
    await at(() => swept.lrGrid({ points: 3, steps: 10 }));
    const train = (e: Experiment) => at(() => e.fit({ epochs: 2 }));
    const [a, b] = [await train(plain), await train(swept)];
    expect(b.weights).toEqual(a.weights);
    await at(() => b.lrGrid({ points: 3, steps: 10 }));
    expect(b.weights).toEqual(a.weights);
  });
});
