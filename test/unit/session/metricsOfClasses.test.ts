import { expect, test } from "vitest";
import { data } from "../../../engine/data/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { type Metric, metrics } from "../../../engine/metrics/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { Experiment } from "../../../engine/session/index.ts";

const measured = (metric: Metric, over: object = {}) =>
  new Experiment({
    data: data.line({ n: 40, seed: 1 }),
    model: nn.linear(1),
    loss: loss.mse(),
    metrics: [metric],
    optimizer: optim.sgd(),
    batchSize: 8,
    ...over,
  });

test.each(["accuracy", "f1", "auc", "ece", "topK"] as const)(
  "%s of numbers is refused, and what measures them is named",
  (name) => {
    const make = metrics[name] as (options: object) => Metric;
    expect(() => measured(make(name === "topK" ? { k: 1 } : {}))).toThrow(
      new RegExp(
        `experiment: ${name} is of classes, and line has numbers as targets, such as .*; use metrics.mae\\(\\)`,
      ),
    );
  },
);

test("figures of values, and of yes or no that are given as numbers, are not", () => {
  measured(metrics.r2());
  const yes = data.xor({ n: 40, seed: 1 });
  const targets = yes.y.cast("f32").reshape([40, 1]);
  measured(metrics.accuracy(), { data: data.tensors({ x: yes.x, y: targets }), loss: loss.bceWithLogits() });
});
