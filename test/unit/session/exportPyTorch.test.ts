import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { augment } from "../../../engine/augment/index.ts";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { data } from "../../../engine/data/index.ts";
import { tensor } from "../../../engine/eager/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { metrics } from "../../../engine/metrics/index.ts";
import { type Layer, nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { regularize } from "../../../engine/regularize/index.ts";
import { schedule } from "../../../engine/schedules/index.ts";
import { experiment, inContext } from "../../../engine/session/index.ts";
import { torchModel } from "../../../engine/torch/index.ts";
import { testContext } from "../../support/context.ts";

const folder = mkdtempSync(join(tmpdir(), "dlnb-torch-"));
let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 1, log: () => {} });
});
afterAll(async () => {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
});
const inside = <T>(work: () => Promise<T>): Promise<T> => inContext(testContext(backend, { folder }), work);

const blobs = () => data.blobs({ n: 120, classes: 3, seed: 1 });
const options = async (model: Layer = nn.sequential(nn.linear(8), nn.relu(), nn.linear(3))) => ({
  data: (await blobs()).split({ valid: 0.25, seed: 1 }),
  model,
  loss: loss.crossEntropy(),
  metrics: [metrics.accuracy()],
  optimizer: optim.adamw({ lr: 1e-2 }),
  batchSize: 16,
  seed: 3,
});
const script = (name: string) => readFileSync(join(folder, name), "utf8");

describe("a layer in PyTorch", () => {
  test("takes its sizes from the data and only what is not PyTorch's default", () => {
    const write = (layer: Layer, ...shape: number[]) =>
      torchModel(layer, { shape: shape.slice(1), dtype: "f32", table: () => "" }).expression;
    expect(write(nn.linear(4), 2, 3)).toBe("nn.Linear(3, 4)");
    expect(write(nn.conv2d(8, { kernelSize: 3, stride: [2, 1], padding: 1, bias: false }), 2, 3, 8, 8)).toBe(
      "nn.Conv2d(3, 8, 3, stride=(2, 1), bias=False, padding=1)",
    );
    expect(write(nn.batchNorm({ momentum: null }), 2, 5, 4, 4)).toBe("nn.BatchNorm2d(5, momentum=None)");
    expect(write(nn.sequential({ a: nn.relu(), b: nn.flatten() }), 2, 3)).toBe(
      'nn.Sequential(OrderedDict([\n    ("a", nn.ReLU()),\n    ("b", nn.Flatten()),\n]))',
    );
  });
});

describe("exportPyTorch", () => {
  test("writes a script, and its examples and first weights as arrays that NumPy reads", async () => {
    const exp = experiment(await options());
    const path = await inside(() =>
      exp.exportPyTorch("a/mlp.py", { epochs: 4, schedule: schedule.oneCycle({ maxLr: 0.1 }) }),
    );
    expect(path).toBe(join(folder, "a/mlp.py"));
    expect(readdirSync(join(folder, "a")).sort()).toEqual(["mlp.npz", "mlp.py"]);
    const text = script("a/mlp.py");
    for (const line of [
      "model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 3))",
      "optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)",
      "OneCycleLR(optimizer, max_lr=0.1, total_steps=24)",
      "SEED = 3\nEPOCHS = 4\nBATCH_SIZE = 16",
      "criterion = nn.CrossEntropyLoss().to(device)",
      "return (output.argmax(dim=1) == target).float().mean()",
      "nn.init.uniform_(named[name], -0.707107, 0.707107)  # init.kaimingUniform",
    ])
      expect(text).toContain(line);
    const { train, valid } = await inside(() => data.npz("a/mlp.npz", { x: "x_train", y: "y_train" })).then(
      async (train) => ({
        train,
        valid: await inside(() => data.npz("a/mlp.npz", { x: "x_valid", y: "y_valid" })),
      }),
    );
    expect([...train.x.data]).toEqual([...exp.splits.train.x.data]);
    expect([...train.y.data]).toEqual([...exp.splits.train.y.data]);
    expect(valid.size).toBe(30);
  });

  test("writes schedules that torch lacks as the rates of every step", async () => {
    const exp = experiment(await options());
    await inside(() => exp.exportPyTorch("rates.py", { epochs: 2, schedule: schedule.inverseSqrt({ warmup: 4 }) }));
    expect(script("rates.py")).toContain('shares = arrays["schedule.shares"]');
  });

  test("writes groups, penalties, clipping and accumulated batches", async () => {
    const exp = experiment({
      ...(await options()),
      optimizer: optim.sgd({
        lr: 0.1,
        momentum: 0.9,
        groups: [
          { params: "*.bias", lr: 0.2 },
          { params: "0", frozen: true },
        ],
      }),
      regularize: [regularize.l2(1e-3)],
      clip: { norm: 2 },
      accumulate: 2,
    });
    await inside(() => exp.exportPyTorch("more.py"));
    const text = script("more.py");
    for (const line of [
      'named["0.weight"].requires_grad_(False)',
      ')], "lr": 0.2},',
      "return 0.001 * sum(w.square().sum() for w in weights)",
      "clip_grad_norm_(model.parameters(), 2)",
      "for part_x, part_y in zip(x.split(BATCH_SIZE), y.split(BATCH_SIZE)):",
    ])
      expect(text).toContain(line);
  });

  test("writes a function of the user's as a class, its source above", async () => {
    const gated = (inner: Layer) => nn.module({ inner }, ({ inner }, x) => x.add(inner(x).mul(2)));
    const model = nn.sequential(nn.linear(4), gated(nn.linear(4)), gated(nn.linear(4)), nn.linear(3));
    await inside(async () => experiment(await options(model)).exportPyTorch("open.py"));
    const text = script("open.py");
    expect(text).toContain(`class Block(nn.Module):
    """nn.module, [4] -> [4] for each example."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 4)
`);
    expect(text).toContain(
      "    # ({ inner }, x) => x.add(inner(x).mul(2))\n    def forward(self, x):\n        return x + self.inner(x) * 2\n",
    );
    expect(text).toContain("model = nn.Sequential(nn.Linear(2, 4), Block(), Block(), nn.Linear(4, 3))");
  });

  test("keeps training and evaluation apart, and large tables beside the script", async () => {
    const table = tensor.arange(40);
    const noisy = nn.module({ drop: nn.dropout(0.5) }, ({ drop }, x) =>
      drop(x).add(x.sum(-1, { keepdims: true }).mul(table.slice(0, 0, 2))),
    );
    const model = nn.sequential(noisy, nn.linear(3));
    await inside(async () =>
      experiment({ ...(await options(model)), augment: [augment.noise(0.1)] }).exportPyTorch("noise.py"),
    );
    const text = script("noise.py");
    expect(text).toContain("self.drop = nn.Dropout()");
    expect(text).toContain("x = augment(x)");
    expect(text).not.toContain("prepare(");
  });

  test("leaves out a combined figure by name, which only its function knows", async () => {
    const both = metrics.combine({
      of: [metrics.precision(), metrics.recall()],
      value: (all: number[]) => all.reduce((a, b) => a * b),
      name: "product",
    } as never);
    await inside(async () => experiment({ ...(await options()), metrics: [both] }).exportPyTorch("combined.py"));
    expect(script("combined.py")).toContain("Left out: metric product, which is a function of your own over others.");
  });

  test.each([
    [
      {},
      { schedule: schedule.warmup(2, schedule.plateau()) },
      /schedule\.plateau waits for figures, .*; take it alone/,
    ],
  ])("says what torch does not have: %#", async (other, fit, message) => {
    const exp = experiment({ ...(await options()), ...other });
    await expect(inside(() => exp.exportPyTorch("no.py", fit))).rejects.toThrow(message);
    expect(readdirSync(folder)).not.toContain("no.py");
  });

  test("wants the name of a script", async () => {
    const exp = experiment(await options());
    await expect(inside(() => exp.exportPyTorch("model.onnx"))).rejects.toThrow(
      /model\.onnx is no name of a script; end it in \.py/,
    );
    await expect(inside(() => exp.exportPyTorch("" as string))).rejects.toThrow(/"" is no path of a file/);
  });
});
