import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { data as sources } from "../../../engine/data/index.ts";
import { identicalUnits } from "../../../engine/diagnostics/initialization/health.ts";
import type { Initialization } from "../../../engine/diagnostics/initialization/initialization.ts";
import { globals } from "../../../engine/library.ts";
import type { Layer } from "../../../engine/nn/index.ts";
import { CHART_MIME, type Chart } from "../../../engine/protocol/index.ts";
import { normal } from "../../../engine/random/index.ts";
import { inContext } from "../../../engine/session/index.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import { testContext } from "../../support/context.ts";

const { nn, init, loss, optim, experiment } = globals;

let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 1, log: () => {} });
});
afterAll(() => backend.close());

const N = 256;
const width = 256;

/** Normal inputs of variance 1, ten classes. */
const set = sources.tensors({
  x: new HostTensor([N, width], "f32", normal(3, 0, N * width)),
  y: new HostTensor(
    [N],
    "i32",
    Int32Array.from({ length: N }, (_, i) => i % 10),
  ),
});

const deep = (activation: () => Layer, depth: number) =>
  nn.sequential(
    ...Array.from({ length: depth }, () => [nn.linear(width, { bias: false }), activation()]).flat(),
    nn.linear(10),
  );

const trial = (model: Layer) =>
  experiment({
    data: set,
    model,
    loss: loss.crossEntropy(),
    optimizer: optim.sgd({ lr: 0.1 }),
    batchSize: 64,
    seed: 5,
  });

async function inspected(model: Layer, options?: object): Promise<{ found: Initialization; charts: Chart[] }> {
  const context = testContext(backend);
  const found = await inContext(context, () => trial(model).inspect.initialization(options as never));
  const charts = context.events.flatMap((e) =>
    e.event === "output" ? e.output.items.flatMap((item) => (item.mime === CHART_MIME ? [item.data] : [])) : [],
  );
  return { found, charts };
}

describe("inspecting an initialization", () => {
  test("he's keeps the second moment of a relu net through twelve layers, xavier's halves it at every one", async () => {
    const { found } = await inspected(deep(nn.relu, 12), {
      initializers: { he: init.kaimingNormal({ nonlinearity: "relu" }), xavier: init.xavierNormal() },
      seeds: 4,
    });
    const [he, xavier] = found.nets.map(({ layers }) =>
      layers
        .filter(({ type }) => type === "linear")
        .slice(0, 12)
        .map(({ activation }) => activation.std),
    ) as [number[], number[]];
    const ratio = (stds: number[]) => ((stds[11] as number) / (stds[0] as number)) ** 2;
    expect(ratio(he)).toBeGreaterThan(0.7);
    expect(ratio(he)).toBeLessThan(1.4);
    expect(ratio(xavier)).toBeGreaterThan(0.7 * 2 ** -11);
    expect(ratio(xavier)).toBeLessThan(1.4 * 2 ** -11);
    expect(found.nets[0]?.verdict.join()).not.toMatch(/shrink|grow|vanish|explode/);
    expect(found.nets[1]?.verdict.join()).toMatch(/activations shrink \d\d(\.\d)? times from 0 to 24/);
  });

  test("theory is within a few per cent of what is measured, forwards and backwards", async () => {
    for (const activation of [nn.relu, nn.tanh, nn.sigmoid, nn.gelu]) {
      const { found } = await inspected(deep(activation, 4), { initializers: [init.xavierNormal()], seeds: 4 });
      // the last layer has ten units, too few for their average
      for (const layer of found.nets[0]?.layers.slice(0, -1) ?? []) {
        expect(layer.expectedStd, `${activation.name} ${layer.path}`).not.toBeNull();
        expect(Math.abs((layer.expectedStd as number) / layer.activation.std - 1)).toBeLessThan(0.08);
        if (layer.expectedGradientStd !== null)
          expect(Math.abs(layer.expectedGradientStd / layer.gradientStd - 1)).toBeLessThan(0.15);
      }
    }
  });

  test("selu with lecun's weights keeps mean 0 and variance 1 through thirty layers (Klambauer et al. 2017)", async () => {
    const { found } = await inspected(deep(nn.selu, 30), {
      initializers: { lecun: init.kaimingNormal({ nonlinearity: "linear" }) },
      seeds: 2,
    });
    const last = found.nets[0]?.layers.filter(({ type }) => type === "selu").at(-1)?.activation;
    expect(Math.abs(last?.mean ?? 1)).toBeLessThan(0.1);
    expect((last?.std ?? 0) ** 2).toBeGreaterThan(0.8);
    expect((last?.std ?? 2) ** 2).toBeLessThan(1.2);
  });

  test("statistics are those of a plain f64 loop over the outputs", async () => {
    const { found } = await inspected(nn.sequential(nn.linear(10)), { examples: N });
    const model = trial(nn.sequential(nn.linear(10))).config.model;
    const { initialWeights } = await import("../../../engine/session/model.ts");
    const { parameters } = initialWeights(model, 5);
    const bias = model.parameters.slices[1]?.offset as number;
    const outputs: number[] = [];
    for (let n = 0; n < N; n++) {
      for (let o = 0; o < 10; o++) {
        let sum = parameters[bias + o] as number;
        for (let i = 0; i < width; i++)
          sum += (set.x.data[n * width + i] as number) * (parameters[o * width + i] as number);
        outputs.push(sum);
      }
    }
    const mean = outputs.reduce((a, b) => a + b) / outputs.length;
    const std = Math.sqrt(outputs.reduce((a, b) => a + (b - mean) ** 2, 0) / outputs.length);
    const layer = found.nets[0]?.layers[0];
    expect([layer?.activation.mean, layer?.activation.std]).toBeAllclose([mean, std], { rtol: 1e-4, atol: 1e-5 });
    expect([layer?.activation.min, layer?.activation.max]).toBeAllclose([Math.min(...outputs), Math.max(...outputs)], {
      rtol: 1e-4,
    });
    const bins = new Array(34).fill(0);
    for (const v of outputs)
      bins[Math.min(33, Math.max(0, Math.floor(((v - mean) / (8 * std)) * 32 + 17)))] += 1 / outputs.length;
    expect(layer?.histogram).toBeAllclose(bins, { rtol: 0, atol: 2 / outputs.length });
    expect(layer?.histogram.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  });

  test("identical units, dead units and saturated ones are found and said", async () => {
    const zero = (await inspected(deep(nn.tanh, 2), { initializers: [init.zeros()] })).found.nets[0];
    expect(zero?.verdict[0]).toMatch(/256 of 256 units of 0.weight \(and 2 more\) are identical/);
    const big = (await inspected(deep(nn.tanh, 2), { initializers: [init.normal({ std: 2 })] })).found.nets[0];
    expect(big?.layers[1]?.saturated).toBeGreaterThan(0.9);
    expect(big?.verdict.join()).toMatch(/9\d(\.\d)? % of the outputs of [13] are saturated/);
    const model = nn.sequential(
      nn.module({ fc: nn.linear(32) }, ({ fc }, x) => fc(x).sub(1000)),
      nn.relu(),
      nn.linear(10),
    );
    const dead = (await inspected(model)).found.nets[0];
    expect(dead?.layers.find(({ type }) => type === "relu")?.dead).toBe(1);
    expect(dead?.verdict.join()).toMatch(/100 % of the units of 1 are dead/);
  });

  test("groups of equal rows are compared to the bit, and vectors are left alone", () => {
    expect(identicalUnits([4, 2], Float32Array.from([1, 2, 3, 4, 1, 2, 1, 2.0000002]))).toEqual([[0, 2]]);
    expect(identicalUnits([2, 1], Float32Array.from([0, -0]))).toEqual([]);
    expect(identicalUnits([3], Float32Array.from([1, 1, 1]))).toEqual([]);
  });

  test("a hundred layers with batch norm, dropout and convolutions are measured, and the chart names none of them twice", async () => {
    const block = () => [nn.conv2d(4, { kernelSize: 3, padding: 1 }), nn.batchNorm(), nn.relu(), nn.dropout(0.1)];
    const images = set.reshape([1, 16, 16]);
    const model = nn.sequential(...Array.from({ length: 24 }, block).flat(), nn.flatten(), nn.linear(10));
    const context = testContext(backend);
    const small = images.rows(Array.from({ length: 32 }, (_, i) => i));
    const exp = experiment({
      data: small,
      model,
      loss: loss.crossEntropy(),
      optimizer: optim.sgd({ lr: 0.1 }),
      batchSize: 32,
    });
    const found = await inContext(context, () => exp.inspect.initialization({ examples: 32 }));
    expect(found.nets[0]?.layers.length).toBe(98);
    expect(found.nets[0]?.layers.every(({ activation }) => Number.isFinite(activation.std))).toBe(true);
  });

  test("a comparison draws one line per initializer; wrong options name themselves", async () => {
    const { found, charts } = await inspected(deep(nn.relu, 2), {
      initializers: [init.kaimingNormal(), init.kaimingNormal({ mode: "fanOut" }), init.zeros()],
    });
    expect(found.nets.map(({ name }) => name)).toEqual(["kaimingNormal", "kaimingNormal (mode fanOut)", "zeros"]);
    expect(charts).toHaveLength(1);
    expect(charts[0]?.text).toContain("zeros: loss 2.3");
    await expect(inspected(deep(nn.relu, 1), { initializers: [init.zeros(), init.zeros()] })).rejects.toThrow(
      /not all different/,
    );
    await expect(inspected(deep(nn.relu, 1), { initializers: "he" })).rejects.toThrow(/initializers/);
  });
});
