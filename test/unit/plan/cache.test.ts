import { expect, test } from "vitest";
import { loss } from "../../../engine/losses/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { add, constant, input, mul } from "../../../engine/ops/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { buildPlan, type PlanRequest } from "../../../engine/plan/index.ts";
import { Experiment } from "../../../engine/session/index.ts";
import { trainingStep } from "../../../engine/session/step.ts";
import { blobs } from "../../support/blobs.ts";

const request = (factor: number, size = 8): PlanRequest => {
  const x = input("x", [size]);
  return {
    label: "cached",
    buffers: { x: 8, y: 8 },
    inputs: { x: { buffer: "x", offset: 0 } },
    stages: [{ stores: [{ value: add(mul(x, constant(factor, [size])), x), buffer: "y", offset: 0 }] }],
    maxBuffersPerLaunch: 8,
  };
};

test("what is asked for again is the same plan; another number, size, place or limit is another one", () => {
  const first = buildPlan(request(2));
  expect(buildPlan(request(2))).toBe(first);
  const others: PlanRequest[] = [
    request(3),
    request(Number.POSITIVE_INFINITY),
    request(Number.NEGATIVE_INFINITY),
    request(0),
    request(-0),
    request(2, 4),
    { ...request(2), maxBuffersPerLaunch: 6 },
    { ...request(2), inputs: { x: { buffer: "x", offset: 4 } } },
    { ...request(2), label: "another" },
  ];
  expect(new Set([first, ...others.map(buildPlan)]).size).toBe(1 + others.length);
});

test("the same definition and another learning rate have the plan that there is; another width has its own", () => {
  const step = (lr: number, width: number) => {
    const { config, splits } = new Experiment({
      data: blobs(64),
      model: nn.sequential(nn.linear(width), nn.batchNorm(), nn.relu(), nn.dropout(0.2), nn.linear(3)),
      loss: loss.crossEntropy(),
      optimizer: optim.adamw({ lr, weightDecay: lr / 10 }),
      batchSize: 16,
    });
    const { x, y } = splits.train;
    const part = (t: typeof x) => ({ shape: t.shape.slice(1), dtype: t.dtype });
    return trainingStep(config, { name: "train", count: 64, x: part(x), y: part(y) }, 16, 32).plan;
  };
  expect(step(1e-2, 8)).toBe(step(1e-2, 8));
  expect(step(3e-4, 8)).toBe(step(1e-2, 8));
  expect(step(1e-2, 9)).not.toBe(step(1e-2, 8));
});
