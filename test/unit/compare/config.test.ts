import { describe, expect, test } from "vitest";
import { configRows, groupBySeed, settingsOf } from "../../../engine/compare/index.ts";
import { globals } from "../../../engine/library.ts";
import type { RunFacts } from "../../../engine/protocol/index.ts";

const { optim, schedule, loss } = globals;

const empty = {
  step: [],
  trainLoss: [],
  lr: [],
  gradientNorm: [],
  epoch: [],
  epochStep: [],
  valid: {},
  train: {},
  thinned: false,
};

const run = (name: string, config: Record<string, unknown>): RunFacts => ({
  key: name,
  name,
  config,
  state: "finished",
  live: false,
  broken: false,
  steps: 0,
  epochs: 0,
  seconds: 0,
  final: {},
  history: empty,
});

describe("settings", () => {
  test("of what a registry made stand under its own name, however deep, as instances and as JSON", () => {
    const config = { optimizer: optim.adam({ lr: 0.01 }), schedule: schedule.warmup(5, schedule.cosine()) };
    const found = Object.fromEntries(settingsOf(config));
    expect(found).toMatchObject({
      optimizer: "adam",
      "optimizer.lr": 0.01,
      "optimizer.betas": "[0.9, 0.999]",
      schedule: "warmup",
      "schedule.length": 5,
      "schedule.inner": "cosine",
      "schedule.inner.etaMin": 0,
    });
    expect(Object.fromEntries(settingsOf(JSON.parse(JSON.stringify(config))))).toEqual(found);
  });

  test("of a model go by the names of its parameters, with their number", () => {
    const found = settingsOf({
      model: [
        { name: "0.weight", shape: [2, 16], init: { type: "kaimingUniform", options: {} } },
        { name: "0.bias", shape: [16], init: null },
      ],
    });
    expect(Object.fromEntries(found)).toEqual({
      parameters: 48,
      "model.0.weight.shape": "[2, 16]",
      "model.0.weight.init": "kaimingUniform",
      "model.0.bias.shape": "[16]",
      "model.0.bias.init": null,
    });
  });

  test("from elsewhere may be anything", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100; i++) deep = { a: deep };
    const found = settingsOf({
      model: "x",
      data: [{ name: 1 }, null, [[1, [2]]]],
      deep,
      f: () => 1,
      long: "x".repeat(1e6),
    });
    expect(found.get("model")).toBe("x");
    expect(found.get("f")).toBe("() => 1");
    expect(String(found.get("long")).length).toBe(200);
    expect([...found.keys()].length).toBeLessThan(10);
    const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, i]));
    expect(settingsOf(wide).size).toBe(5000);
  });
});

describe("rows", () => {
  test("tell what differs, what one side lacks and what is a list", () => {
    const rows = configRows([
      { optimizer: optim.sgd({ lr: 0.1, momentum: 0.9 }), regularize: [], batchSize: 32 },
      { optimizer: optim.adam({ lr: 0.1 }), regularize: [{ type: "l2", options: { weight: 1e-4 } }], batchSize: 32 },
    ]);
    const at = (path: string) => rows.find((row) => row.path === path);
    expect(at("optimizer")).toEqual({ path: "optimizer", group: "optimizer", values: ["sgd", "adam"], differs: true });
    expect(at("optimizer.lr")?.differs).toBe(false);
    expect(at("optimizer.momentum")?.values).toEqual([0.9, undefined]);
    expect(at("optimizer.betas")?.values).toEqual([undefined, "[0.9, 0.999]"]);
    expect(at("regularize")?.values).toEqual(["[]", undefined]);
    expect(at("regularize[0].weight")).toMatchObject({ values: [undefined, 1e-4], group: "regularize", differs: true });
    expect(at("batchSize")?.differs).toBe(false);
    const own = rows.filter(({ group }) => group === "optimizer").map(({ differs }) => differs);
    expect(own).toEqual([...own].sort((a, b) => Number(b) - Number(a)));
  });
});

describe("groups", () => {
  const config = (lr: number, seed: number) => ({
    name: "experiment 1",
    optimizer: optim.adam({ lr }),
    loss: loss.mse(),
    seed,
  });

  test("are of runs that differ in their seed alone, and are labelled by what tells them apart", () => {
    const runs = [config(0.1, 1), config(0.01, 1), config(0.1, 2)].map((c, i) => run(`run ${i}`, c));
    const groups = groupBySeed(runs);
    expect(groups.map(({ label, runs: own }) => [label, own.map(({ name }) => name)])).toEqual([
      ["lr 0.1", ["run 0", "run 2"]],
      ["lr 0.01", ["run 1"]],
    ]);
  });

  test("do not hang on the order in which a configuration is written", () => {
    const { name, ...rest } = config(0.1, 1);
    expect(groupBySeed([run("a", { ...rest, name }), run("b", { name, ...rest })])).toHaveLength(1);
  });

  test("bear the experiments' names where these tell them apart, and the runs' where nothing else does", () => {
    const named = ["small", "large"].map((name, i) => run(`run ${i}`, { ...config(0.1 * (i + 1), 1), name }));
    expect(groupBySeed(named).map(({ label }) => label)).toEqual(["small", "large"]);
    const alike = [run("run 1", config(0.1, 1)), run("run 1", config(0.1, 1))];
    expect(groupBySeed(alike, (one) => String(alike.indexOf(one))).map(({ label }) => label)).toEqual([
      "run 1",
      "run 1 (2)",
    ]);
  });
});
