import { describe, expect, test } from "vitest";
import type { Launch } from "../../../engine/backends/launch.ts";
import { loss } from "../../../engine/losses/index.ts";
import { metrics } from "../../../engine/metrics/index.ts";
import { type Layer, nn } from "../../../engine/nn/index.ts";
import * as ops from "../../../engine/ops/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { buildPlan } from "../../../engine/plan/index.ts";
import { sizeModel } from "../../../engine/session/model.ts";
import { trainingStep } from "../../../engine/session/step.ts";
import { HostTensor, type Shape, sizeOf } from "../../../engine/tensor/index.ts";

/** Launches of a training step on 12 examples of `shape` in batches of 4. */
function launchesOf(model: Layer, shape: Shape): readonly Launch[] {
  const x = new HostTensor([12, ...shape], "f32", new Float32Array(12 * sizeOf(shape)));
  const config = {
    model: sizeModel(model, { x }, 4),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.sgd({ lr: 0.1, momentum: 0.9 }),
    regularize: [],
    clip: { norm: 1 },
  };
  const data = { name: "train", count: 12, x: { shape, dtype: "f32" }, y: { shape: [], dtype: "i32" } } as const;
  return trainingStep(config, data, 4, 32).plan.launches;
}

describe("launches of a convolutional net", () => {
  const launches = launchesOf(
    nn.sequential(nn.conv2d(8, { kernelSize: 3 }), nn.batchNorm(), nn.relu(), nn.flatten(), nn.linear(3)),
    [2, 9, 9],
  );

  test("each belong to a part of the step", () => {
    expect(launches.filter(({ part }) => !part)).toEqual([]);
    const names = new Set(launches.map(({ part }) => part?.name));
    const parts = ["0.conv2d", "1.batchNorm", "4.linear", "loss", "minibatch", "optimizer"];
    expect([...names]).toEqual(expect.arrayContaining(parts));
    const known = [...parts, "gradient norm", "2.relu", "3.flatten", "metrics", "clipping"];
    expect([...names].filter((name) => !known.includes(name as string))).toEqual([]);
  });

  test("say of the products which layer they are of, and which way values flow", () => {
    const products = launches.filter(({ kind }) => kind === "contract").map(({ label }) => label);
    // no gradient is asked for with respect to the pixels
    expect(products.sort()).toEqual([
      "0.conv2d backward: product",
      "0.conv2d forward: product",
      "4.linear backward: product",
      "4.linear backward: product",
      "4.linear forward: product",
    ]);
  });

  test("have short labels", () => {
    for (const { label } of launches) expect(label.length).toBeLessThan(90);
  });
});

test("layers within layers are named by their path, a module's own work by the module's", () => {
  const block = nn.module({ inner: nn.linear(6) }, ({ inner }, x) => ops.sin(inner(x)));
  const launches = launchesOf(nn.sequential({ first: block, last: nn.linear(3) }), [6]);
  const names = new Set(launches.map(({ part }) => part?.name));
  expect([...names]).toEqual(expect.arrayContaining(["first.inner.linear", "first.module", "last.linear"]));
});

test("a launch for many parts names the two with most of its work", () => {
  const x = ops.input("x", [100]);
  const part = (name: string, make: () => ops.Tensor) => ops.within({ name, direction: "forward" }, make);
  const a = part("a", () => ops.exp(x));
  const b = part("b", () => ops.add(ops.mul(a, 2), ops.tanh(a)));
  const c = part("c", () => ops.exp(ops.log(ops.exp(b))));
  const { plan } = buildPlan({
    label: "chain",
    buffers: { x: 100, y: 100 },
    inputs: { x: { buffer: "x", offset: 0 } },
    stages: [{ stores: [{ value: c, buffer: "y", offset: 0 }] }],
    maxBuffersPerLaunch: 8,
  });
  expect(plan.launches).toHaveLength(1);
  expect(plan.launches[0]).toMatchObject({
    label: "c + b forward + 1 more: exp, log, add, ...",
    part: { name: "c", direction: "forward" },
  });
});

test("parts change nothing that is computed", () => {
  const build = (part: { name: string } | undefined) => {
    const x = ops.input("x", [100]);
    const value = ops.within(part, () => ops.add(ops.exp(x), ops.sum(x)));
    return buildPlan({
      label: "same",
      buffers: { x: 100, y: 100 },
      inputs: { x: { buffer: "x", offset: 0 } },
      stages: [{ stores: [{ value, buffer: "y", offset: 0 }] }],
      maxBuffersPerLaunch: 8,
    }).plan.launches.map(({ label, part, ...launch }) => launch);
  };
  expect(build({ name: "a" })).toEqual(build(undefined));
});
