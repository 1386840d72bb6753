import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { inContext } from "../../../engine/session/index.ts";
import "../../support/allclose.ts";
import { testContext } from "../../support/context.ts";
import { runOnnx } from "../../support/onnxRuntime.ts";
import { experimentFor, torchCase, torchFile, torchModels } from "../../support/torchModels.ts";

const folder = mkdtempSync(join(tmpdir(), "dlnb-onnx-"));
let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
});
afterAll(async () => {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
});
const inside = <T>(work: () => Promise<T>): Promise<T> => inContext(testContext(backend, { folder }), work);

describe.each(Object.entries(torchModels))("PyTorch's %s, loaded here and exported", (name, model) => {
  const { x, y } = torchCase(name);

  test.each([17, 20])("gives the same outputs in ONNX Runtime (opset %i)", async (opset) => {
    const run = experimentFor(model, { x, y }).load(torchFile(name));
    const [path, here] = await inside(async () => [
      await run.exportOnnx(`models/${name}.onnx`, { opset }),
      await run.predict(x),
    ]);
    const got = await runOnnx(readFileSync(path), x);
    expect(got.shape).toEqual(y.shape);
    expect(got.data).toBeAllclose(here.data, { rtol: 1e-5, atol: 1e-5 });
    expect(got.data).toBeAllclose(y.data, { rtol: 1e-4, atol: 1e-5 });
  });
});

describe("exportOnnx", () => {
  const { x, y } = torchCase("mlp");
  const run = () => experimentFor(torchModels.mlp as (typeof torchModels)[string], { x, y }).load(torchFile("mlp"));

  test("names weights as PyTorch does, and says what the input is", async () => {
    const path = await inside(() => run().exportOnnx("named.onnx"));
    const text = readFileSync(path).toString("latin1");
    for (const words of ["0.weight", "2.bias", "batch", "Inputs are examples as they were read."]) {
      expect(text).toContain(words);
    }
    expect(readdirSync(folder).filter((file) => file.endsWith(".tmp"))).toEqual([]);
  });

  test("writes a network as the operators that it is made of, and nothing beside", async () => {
    const { x, y } = torchCase("cnn_batchnorm");
    const cnn = experimentFor(torchModels.cnn_batchnorm as (typeof torchModels)[string], { x, y });
    const path = await inside(() => cnn.load(torchFile("cnn_batchnorm")).exportOnnx("cnn.onnx"));
    const text = readFileSync(path).toString("latin1");
    for (const op of ["Conv", "Relu", "MaxPool", "Gemm"]) expect(text, op).toContain(op);
    for (const op of ["Gather", "Transpose", "ReduceMax"]) expect(text, op).not.toContain(op);
    const turned = experimentFor(
      torchModels.transposed_groupnorm as (typeof torchModels)[string],
      torchCase("transposed_groupnorm"),
    );
    const other = await inside(() => turned.load(torchFile("transposed_groupnorm")).exportOnnx("turned.onnx"));
    expect(readFileSync(other).toString("latin1")).not.toContain("Slice"); // the kernel is not turned round
  });

  test("refuses what is no file, an unknown option and a version that it does not write", async () => {
    await inside(async () => {
      await expect(run().exportOnnx("folder/")).rejects.toThrow(
        'exportOnnx: "folder/" is no file name; give one such as "model.onnx"',
      );
      await expect(run().exportOnnx("a.onnx", { opsett: 17 } as never)).rejects.toThrow('unknown option "opsett"');
      await expect(run().exportOnnx("a.onnx", { opset: 9 })).rejects.toThrow(
        "exportOnnx: opset = 9 is outside [17, 20]",
      );
    });
  });
});
