import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Dataset } from "../../../engine/data/index.ts";
import { CheckpointError, UserError } from "../../../engine/errors/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { Experiment, inContext } from "../../../engine/session/index.ts";
import { RunLog } from "../../../engine/session/runLog.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import { testContext } from "../../support/context.ts";
import { interpretBackend } from "../backends/interpretBackend.ts";

const folder = mkdtempSync(join(tmpdir(), "dlnb-keeping-"));
const context = testContext(interpretBackend(), { folder });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const line = new Dataset({
  name: "line",
  x: new HostTensor([4, 2], "f32", Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7)),
  y: new HostTensor([4, 1], "f32", Float32Array.of(1, 3, 5, 7)),
  task: "regression",
  featureNames: ["a", "b"],
});

const make = (...widths: number[]) =>
  new Experiment({
    data: line,
    model: nn.sequential(...widths.map((width) => nn.linear(width)), nn.linear(1)),
    loss: loss.mse(),
    optimizer: optim.sgd({ lr: 0.01 }),
    batchSize: 2,
  });

test("a run does not go on in a model whose tensors differ, though they are as many numbers", async () => {
  await inContext(context, async () => {
    const run = await make(4, 8).fit({ epochs: 1 });
    const other = make(8, 4).fit({ epochs: 2, resume: run });
    await expect(other).rejects.toThrow(CheckpointError);
    await expect(other).rejects.toThrow(
      '"0.weight" is [4, 2] there and [8, 2] in this model; it is from another model',
    );
    await expect(make(4).fit({ epochs: 2, resume: run })).rejects.toThrow('"1.weight" is [8, 4] there and [1, 4]');
  });
});

test("a loaded run claims nothing about a training that it does not know", async () => {
  await inContext(context, async () => {
    (await make(4).fit({ epochs: 1 })).save("one.safetensors");
    expect(String(make(4).load("one.safetensors"))).toBe("loaded from one.safetensors: 2 steps");
  });
});

test("a place where runs cannot be kept is named, with the way out", () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  expect(() => new RunLog(join(file, "runs"))).toThrow(UserError);
  expect(() => new RunLog(join(file, "runs"))).toThrow("or copy the notebook to another folder");
});
