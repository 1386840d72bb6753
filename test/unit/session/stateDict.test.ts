import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { inContext } from "../../../engine/session/index.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../engine/session/safetensors.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import "../../support/allclose.ts";
import { testContext } from "../../support/context.ts";
import { experimentFor, torchCase, torchFile, torchModels } from "../../support/torchModels.ts";

const folder = mkdtempSync(join(tmpdir(), "dlnb-state-dict-"));
let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
});
afterAll(async () => {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
});
const inside = <T>(work: () => Promise<T>): Promise<T> => inContext(testContext(backend, { folder }), work);

describe.each(Object.entries(torchModels))("the state_dict of PyTorch's %s", (name, model) => {
  const { x, y } = torchCase(name);

  test("gives PyTorch's outputs", async () => {
    const got = await inside(() => experimentFor(model, { x, y }).load(torchFile(name)).predict(x));
    expect(got.shape).toEqual(y.shape);
    expect(got.data).toBeAllclose(y.data, { rtol: 1e-5, atol: 1e-6 });
  });

  test("is what a run saves: names, shapes and bits, and the outputs of the file are those of the run", async () => {
    const run = experimentFor(model, { x, y }).load(torchFile(name));
    const path = await inside(async () => run.save(`${name}.safetensors`));
    const [theirs, ours] = [torchFile(name), path].map((file) => decodeSafetensors(readFileSync(file), file).tensors);
    expect([...(ours?.keys() ?? [])].sort()).toEqual([...(theirs?.keys() ?? [])].sort());
    for (const [key, tensor] of theirs ?? []) expect(ours?.get(key), key).toEqual(tensor);
    const [before, after] = await inside(async () => [
      await run.predict(x),
      await experimentFor(model, { x, y }, 1).load(path).predict(x),
    ]);
    expect(after).toEqual(before);
  });
});

describe("a file that does not fit as it is", () => {
  const { x, y } = torchCase("mlp");
  const model = torchModels.mlp as (typeof torchModels)[string];
  const written = (name: string, change: (tensors: Map<string, HostTensor>) => void): string => {
    const { tensors, metadata } = decodeSafetensors(readFileSync(torchFile("mlp")), "mlp");
    const changed = new Map(tensors);
    change(changed);
    const path = join(folder, name);
    writeFileSync(path, encodeSafetensors({ tensors: changed, metadata }));
    return path;
  };
  const load = (path: string, options?: unknown, of = model) =>
    experimentFor(of, { x, y }, 3).load(path, options as never);
  const renamed = (name: string, f: (name: string) => string) =>
    written(name, (tensors) => {
      for (const [key, tensor] of [...tensors]) {
        tensors.delete(key);
        tensors.set(f(key), tensor);
      }
    });

  test("is refused with everything that is missing, unexpected or of another shape", () => {
    const path = written("other.safetensors", (tensors) => {
      tensors.delete("0.bias");
      tensors.delete("2.bias");
      tensors.set("head.weight", new HostTensor([1], "f32", Float32Array.of(1)));
      tensors.set("2.weight", new HostTensor([3, 6], "f32", new Float32Array(18)));
    });
    expect(() => load(path)).toThrow(
      `checkpoint ${path}: "2.weight" is [3, 6] there and [3, 7] in this model; no tensor "0.bias", "2.bias"; "head.weight" is no tensor of this model; it holds 0.weight, 2.weight, head.weight; it is from another model`,
    );
    expect(() => load(path, { strict: false })).toThrow('"2.weight" is [3, 6] there and [3, 7] in this model');
  });

  test("loads without strict: what is missing keeps its first values, and the run says so", () => {
    const path = written("part.safetensors", (tensors) => {
      tensors.delete("2.bias");
      tensors.set("extra", new HostTensor([1], "f32", Float32Array.of(1)));
    });
    const run = load(path, { strict: false });
    expect(run.record.loaded).toEqual({ missing: ["2.bias"], unexpected: ["extra"] });
    expect(String(run)).toContain("missing  2.bias");
    expect(run.stateDict()["0.weight"]).toEqual(load(torchFile("mlp")).stateDict()["0.weight"]);
    expect(run.stateDict()["2.bias"]?.data.some((v) => v !== 0)).toBe(true);
  });

  test("loads with its names brought to the model's, by a prefix and a function", () => {
    const wrapped = renamed("wrapped.safetensors", (name) => `module.${name}`);
    expect(load(wrapped, { prefix: "module." }).stateDict()).toEqual(load(torchFile("mlp")).stateDict());
    const other = renamed("renamed.safetensors", (name) => name.replace("0.", "fc1.").replace("2.", "fc2."));
    const rename = (name: string) => ({ fc1: "0", fc2: "2" })[name.slice(0, 3)] + name.slice(3);
    expect(load(other, { rename }).stateDict()).toEqual(load(torchFile("mlp")).stateDict());
    expect(() => load(other, { rename: () => "0.weight" })).toThrow('two tensors are "0.weight" after renaming');
    expect(load(other, { strict: false, rename: () => null }).record.loaded?.missing).toHaveLength(4);
  });

  test("wrong options are named", () => {
    const path = torchFile("mlp");
    expect(() => load(path, { strickt: false })).toThrow('load: unknown option "strickt"; did you mean "strict"?');
    expect(() => load(path, { rename: () => 7 })).toThrow('load: rename("0.weight") gave 7, not a name or null');
    expect(() => load(join(folder, "none.safetensors"))).toThrow("there is no such file");
  });

  test("trains on: from the weights alone, and not from a file and a resumed run at once", async () => {
    const start = load(torchFile("mlp"));
    const far = { x, y: new HostTensor(y.shape, "f32", new Float32Array(y.size).fill(2)) };
    const [byPath, byRun] = await inside(async () => [
      await experimentFor(model, far).fit({ steps: 2, from: torchFile("mlp") }),
      await experimentFor(model, far).fit({ steps: 2, from: start }),
    ]);
    expect(byPath?.stateDict()).toEqual(byRun?.stateDict());
    expect(byPath?.stateDict()).not.toEqual(start.stateDict());
    const tuned = await inside(() => experimentFor(model, { x, y }).fit({ steps: 1, from: byRun as typeof start }));
    expect(tuned.history.step).toEqual([1]); // a new optimizer, from the first step
    await expect(
      inside(() => experimentFor(model, { x, y }).fit({ steps: 2, from: start, resume: start })),
    ).rejects.toThrow("fit: resume and from are both given");
    const narrow = nn.sequential(nn.linear(6), nn.relu(), nn.linear(3));
    await expect(inside(() => experimentFor(narrow, { x, y }).fit({ steps: 1, from: start }))).rejects.toThrow(
      "is [7, 5] there and [6, 5] in this model",
    );
  });
});
