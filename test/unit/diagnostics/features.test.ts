import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { data as sources } from "../../../engine/data/index.ts";
import { principalPlane } from "../../../engine/diagnostics/features/principal.ts";
import { globals } from "../../../engine/library.ts";
import { normal } from "../../../engine/random/index.ts";
import { inContext } from "../../../engine/session/index.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import { testContext } from "../../support/context.ts";

const { nn, loss, optim, experiment } = globals;

let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 1, log: () => {} });
});
afterAll(() => backend.close());

describe("the plane of most variance", () => {
  // 3, 2 and 0.1 along three orthogonal directions of four, about (5, -1, 2, 0)
  const count = 400;
  const z = normal(1, 0, 3 * count);
  const axes = [
    [0.5, 0.5, 0.5, 0.5],
    [0.5, -0.5, 0.5, -0.5],
    [0.5, 0.5, -0.5, -0.5],
  ];
  const scale = [3, 2, 0.1];
  const points = Float64Array.from({ length: 4 * count }, (_, at) => {
    const [i, d] = [Math.floor(at / 4), at % 4];
    const spread = axes.reduce(
      (sum, axis, k) => sum + (scale[k] as number) * (z[3 * i + k] as number) * (axis[d] as number),
      0,
    );
    return spread + ([5, -1, 2, 0][d] as number);
  });
  const variance = (v: ArrayLike<number>): number => Array.from(v).reduce((sum, x) => sum + x * x, 0) / v.length;

  test("has the variances along the directions that were put in, and shares that say so", () => {
    const { first, second, explained } = principalPlane(points, count, 4);
    expect(Math.sqrt(variance(first))).toBeGreaterThan(2.7);
    expect(Math.sqrt(variance(first))).toBeLessThan(3.3);
    expect(Math.sqrt(variance(second))).toBeGreaterThan(1.8);
    expect(Math.sqrt(variance(second))).toBeLessThan(2.2);
    expect(explained[0] + explained[1]).toBeGreaterThan(0.998);
    const product = first.reduce((sum, x, i) => sum + x * (second[i] as number), 0) / count;
    expect(Math.abs(product)).toBeLessThan(1e-4);
  });

  test("is the same from the Gram matrix of few wide points as from the covariance of the same ones", () => {
    const few = points.slice(0, 12); // three points of four numbers
    const { first, explained } = principalPlane(few, 3, 4);
    const padded = principalPlane(Float64Array.from([...few, ...few]), 6, 4); // six points: the covariance is used
    expect(explained[0]).toBeCloseTo(padded.explained[0], 8);
    const flip = Math.sign((first[0] as number) * (padded.first[0] as number));
    expect(Array.from(first, (x) => flip * x)).toBeAllclose(Array.from(padded.first.slice(0, 3)), {
      rtol: 1e-6,
      atol: 1e-9,
    });
  });

  test("of points that are all the same is a point", () => {
    expect(principalPlane(new Float64Array(12).fill(3), 4, 3).explained).toEqual([0, 0]);
  });
});

const N = 60;
const clusters = sources.tensors({
  x: new HostTensor(
    [N, 3],
    "f32",
    Float32Array.from(normal(2, 0, 3 * N), (v, i) => 0.1 * v + (Math.floor(i / 3) % 3 === i % 3 ? 1 : 0)),
  ),
  y: new HostTensor(
    [N],
    "i32",
    Int32Array.from({ length: N }, (_, i) => i % 3),
  ),
});
const small = experiment({
  data: clusters,
  model: nn.sequential(nn.linear(8), nn.tanh(), nn.linear(3)),
  loss: loss.crossEntropy(),
  optimizer: optim.adam({ lr: 0.01 }),
  batchSize: 20,
});

test("features of separate clusters lie nearest to their own means, layer by layer", async () => {
  const context = testContext(backend);
  const found = await inContext(context, () => small.inspect.features());
  expect(found.layer).toBe("1");
  expect(found.rows).toHaveLength(N);
  expect(found.nearestMean).toBeGreaterThan(0.95);
  await expect(inContext(context, () => small.inspect.features({ layer: "7" }))).rejects.toThrow(/no layer "7"/);
  const outputs = await inContext(context, () => small.inspect.features({ layer: "2", examples: 10 }));
  expect(outputs.rows).toEqual([0, 6, 12, 18, 24, 30, 36, 42, 48, 54]);
});

test("a model's cost is that of its products, its outputs and its state", async () => {
  const images = clusters.rows(Array.from({ length: 36 }, (_, i) => i)).reshape([1, 1, 3]);
  const model = nn.sequential(
    nn.conv2d(4, { kernelSize: [1, 3], padding: [0, 1] }),
    nn.relu(),
    nn.flatten(),
    nn.linear(3),
  );
  const exp = experiment({ data: images, model, loss: loss.crossEntropy(), optimizer: optim.adam(), batchSize: 12 });
  const found = await inContext(testContext(backend), () => exp.inspect.cost({ steps: 2 }));
  const [conv, relu, flat, linear] = found.layers;
  expect([conv?.parameters, conv?.flops, conv?.activationBytes]).toEqual([4 * 3 + 4, 2 * 4 * 3 * 3, 4 * 12]);
  expect([relu?.flops, flat?.flops, linear?.flops]).toEqual([0, 0, 2 * 12 * 3]);
  expect(found.parameters).toBe(16 + 39);
  // parameters, gradients and Adam's two moments, each tensor on a multiple of four words
  expect(found.stateBytes).toBe(4 * 4 * (12 + 4 + 36 + 4));
  expect(found.stepMs).toBeGreaterThan(0);
  expect(found.secondsPerEpoch).toBeCloseTo((3 * found.stepMs) / 1000, 9);
});
