import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunContext } from "../../../engine/context/index.ts";
import { Dataset } from "../../../engine/data/index.ts";
import { CheckpointError } from "../../../engine/errors/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { Experiment, inContext } from "../../../engine/session/index.ts";
import { decodeSafetensors, encodeSafetensors, type SafeTensors } from "../../../engine/session/safetensors.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import { testContext } from "../../support/context.ts";
import { interpretBackend } from "../backends/interpretBackend.ts";

const line = new Dataset({
  name: "line",
  x: new HostTensor([6, 1], "f32", Float32Array.of(0, 1, 2, 3, 4, 5)),
  y: new HostTensor([6, 1], "f32", Float32Array.of(1, 3, 5, 7, 9, 11)),
  task: "regression",
  featureNames: ["x"],
});

const make = (over: object = {}) =>
  new Experiment({
    data: line,
    model: nn.linear(1),
    loss: loss.mse(),
    optimizer: optim.adam({ lr: 0.1 }),
    batchSize: 2,
    seed: 1,
    ...over,
  });

let folder: string;
let context: RunContext;
let file: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "dlnb-resume-"));
  context = testContext(interpretBackend(), { folder });
  file = await inContext(context, async () => (await make().fit({ epochs: 2 })).save("two.safetensors"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const resume = (experiment: Experiment, path: string, options: object = { epochs: 3 }) =>
  inContext(context, () => experiment.fit({ ...options, resume: path }));

/** The checkpoint with something changed, as a file of its own. */
function changed(name: string, change: (tensors: Map<string, HostTensor>, dlnb: string) => string | undefined): string {
  const { tensors, metadata } = decodeSafetensors(readFileSync(file), file);
  const copy = new Map(tensors);
  const dlnb = change(copy, metadata.dlnb as string);
  const contents: SafeTensors = { tensors: copy, metadata: dlnb === undefined ? {} : { dlnb } };
  const path = join(folder, name);
  writeFileSync(path, encodeSafetensors(contents));
  return path;
}

describe("a run is continued only as the run that it was", () => {
  test.each([
    ["with another seed", { seed: 2 }, "seed is 1 there and 2 here; to go on exactly both must be the same"],
    ["with another batch size", { batchSize: 3 }, "batchSize is 2 there and 3 here"],
    ["by another optimizer", { optimizer: optim.sgd({ lr: 0.1 }) }, "the optimizer is adam there and sgd here"],
    ["by an optimizer with more state", { optimizer: optim.adam({ amsgrad: true }) }, 'no optimizer state "nuMax"'],
  ])("not %s", async (_, over, text) => {
    const refused = resume(make(over), file);
    await expect(refused).rejects.toThrow(CheckpointError);
    await expect(refused).rejects.toThrow(text);
  });

  test("not when all steps are done", async () => {
    await expect(resume(make(), file, { epochs: 2 })).rejects.toThrow(
      "it has done 6 of the 6 steps asked for; ask for more epochs or steps",
    );
  });

  test("not from a file with a tensor too many, one too few, or of another version", async () => {
    const more = changed("more.safetensors", (tensors, dlnb) => {
      tensors.set("extra", new HostTensor([1], "f32", Float32Array.of(1)));
      return dlnb;
    });
    await expect(resume(make(), more)).rejects.toThrow('"extra" is no tensor of this model');
    const fewer = changed("fewer.safetensors", (tensors, dlnb) => {
      tensors.delete("bias");
      return dlnb;
    });
    await expect(resume(make(), fewer)).rejects.toThrow('no tensor "bias"; it holds');
    const newer = changed("newer.safetensors", (_, dlnb) => dlnb.replace('"version":1', '"version":2'));
    await expect(resume(make(), newer)).rejects.toThrow("its dlnb entry cannot be read (version 2)");
  });
});

describe("a state_dict, which has weights only,", () => {
  const weightsOnly = () =>
    changed("state_dict.safetensors", (tensors) => {
      for (const name of tensors.keys()) if (name.startsWith("optimizer.")) tensors.delete(name);
      return undefined;
    });

  test("is where training begins, by its path or loaded before", async () => {
    const path = weightsOnly();
    const start = make().load(path);
    const byPath = await resume(make(), path, { epochs: 1 });
    const loaded = await inContext(context, () => make().fit({ epochs: 1, resume: start }));
    expect(byPath.steps).toBe(3);
    expect(byPath.history.step).toEqual([1, 2, 3]);
    expect(loaded.stateDict()).toEqual(byPath.stateDict());
    expect(loaded.stateDict()).not.toEqual(start.stateDict());
  });
});
