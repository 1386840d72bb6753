import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { data } from "../../../engine/data/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { metrics } from "../../../engine/metrics/index.ts";
import { type Layer, layers, nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { regularize } from "../../../engine/regularize/index.ts";
import { schedule } from "../../../engine/schedules/index.ts";
import { experiment, inContext } from "../../../engine/session/index.ts";
import { torchModel } from "../../../engine/torch/index.ts";
import { testContext } from "../../support/context.ts";
import { examples } from "../nn/examples.ts";
import { traced } from "../nn/traced.ts";

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
  /** What torch.nn has nothing for: their scripts say so and bring the source. */
  const open = [
    "attention",
    "bilinear",
    "gruCell",
    "lstmCell",
    "maxout",
    "rnnCell",
    "tabular",
    "transformer",
    "transformerDecoder",
    "transformerDecoderLayer",
    "transformerEncoder",
    "transformerEncoderLayer",
  ];

  test.each(Object.keys(layers))("%s is a module, or is left open by name", (type) => {
    const alone = (examples[type] ?? []).filter(({ inputs }) => inputs === undefined);
    const made = alone.map(({ layer, shape, dtype = "f32" }) =>
      torchModel(traced(layer, shape, { training: false, dtype, inputs: {} }).layers),
    );
    const written = made.filter(({ missing }) => missing.length === 0);
    if (alone.length > 0 && !open.includes(type)) expect(written.length).toBeGreaterThan(0);
    for (const { missing, open } of made) expect(open.length).toBe(missing.length);
    for (const { expression } of written) expect(expression).toMatch(/^[\w.]+\(/);
  });

  test("takes its sizes from the data and only what is not PyTorch's default", () => {
    const write = (layer: Layer, ...shape: number[]) =>
      torchModel(traced(layer, shape, { training: false }).layers).expression;
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
      "OneCycleLR(optimizer, max_lr=0.1, total_steps=24,",
      "EPOCHS = 4\nBATCH_SIZE = 16",
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
    expect(script("rates.py")).toContain('shares = arrays["rates"]');
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
      "0.001 * sum(named[name].square().sum()",
      "torch.nn.utils.clip_grad_norm_(model.parameters(), 2)",
      "((loss_of(model(x), y) + penalty()) / 2).backward()",
      "if i % 2 == 0 or i == len(train):",
    ])
      expect(text).toContain(line);
  });

  test("leaves a function of the user's to be completed, beside its source", async () => {
    const model = nn.sequential(
      nn.linear(4),
      nn.module({ out: nn.linear(3) }, ({ out }, x) => out(x).mul(2)),
    );
    const exp = experiment(await options(model));
    await inside(() => exp.exportPyTorch("open.py"));
    const text = script("open.py");
    expect(text).toContain("To be completed: forward of 1 (module).");
    expect(text).toContain("out(x).mul(2)");
    expect(text).toContain('self.add_module("out", nn.Linear(4, 3))');
  });

  test.each([
    [{ optimizer: optim.lion() }, /torch\.optim has no lion; there are adadelta/],
    [{ optimizer: optim.sgd({ momentum: 0.9, form: "classic" }) }, /torch\.optim\.SGD has no form: "classic"/],
    [{ loss: loss.focal() }, /torch\.nn has no loss focal/],
  ])("says what torch does not have: %#", async (other, message) => {
    const exp = experiment({ ...(await options()), ...other });
    await expect(inside(() => exp.exportPyTorch("no.py"))).rejects.toThrow(message);
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
