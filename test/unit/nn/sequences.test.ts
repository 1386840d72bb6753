import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { declare, type Layer, nn, traceModel } from "../../../engine/nn/index.ts";
import { input, type Tensor } from "../../../engine/ops/index.ts";
import { jsonFilesIn, readCase } from "../../conformance/case.ts";
import { problems } from "../../conformance/compare.ts";
import { isSequenceModule, sequencesGroup } from "../../conformance/groups/sequences.ts";
import { traced } from "./traced.ts";

const folder = new URL("../../fixtures/layers/", import.meta.url).pathname;
const cases = [...jsonFilesIn(folder)].flatMap((file) => readCase(file) ?? []).filter(({ op }) => isSequenceModule(op));

describe("PyTorch's modules of sequences, their states, masks and weights", () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await wasmProvider.open({ threads: 2, log: () => {} });
  });
  afterAll(() => backend.close());

  test.each(cases.map((c) => [c.case, c] as const))("%s", async (_name, c) => {
    expect(problems(c, await sequencesGroup(c, { backend, data: folder }))).toEqual([]);
  });
});

describe("recurrent layers", () => {
  test("have PyTorch's parameters, drawn from U(-b, b) with b = 1 / sqrt(hiddenSize)", () => {
    const { parameters, outputShape } = declare(
      nn.lstm(4, { numLayers: 2, bidirectional: true, projSize: 3 }),
      [2, 5, 7],
    );
    expect(outputShape).toEqual([2, 5, 6]);
    expect(parameters.slice(0, 6).map(({ name, shape }) => `${name} ${shape}`)).toEqual([
      "weight_ih_l0 16,7",
      "weight_hh_l0 16,3",
      "bias_ih_l0 16",
      "bias_hh_l0 16",
      "weight_hr_l0 3,4",
      "weight_ih_l0_reverse 16,7",
    ]);
    expect(parameters.find(({ name }) => name === "weight_ih_l1")?.shape).toEqual([16, 6]);
    for (const { init } of parameters) expect(init).toEqual({ type: "uniform", options: { low: -0.5, high: 0.5 } });
  });

  test("a cell at every time is the layer", () => {
    const loop = nn.module({ cell: nn.lstmCell(3) }, ({ cell }, x) => {
      let state = cell.results(x.slice(1, 0, 1).reshape([2, 4]));
      for (let t = 1; t < 5; t++)
        state = cell.results(x.slice(1, t, t + 1).reshape([2, 4]), { h: state.y, c: state.c });
      return state.y;
    });
    const one = traced(loop, [2, 5, 4]);
    const whole = traced(nn.lstm(3, { returns: "last" }), [2, 5, 4]);
    expect(one.evaluated(one.output)[0]).toBeAllclose(whole.evaluated(whole.output)[0] ?? []);
  });

  test("give the sequence or its end, and the states by name", () => {
    const both = traced(nn.gru(3, { bidirectional: true }), [2, 5, 4]);
    const { y, h } = both.results as { y: Tensor; h: Tensor };
    const last = traced(nn.gru(3, { bidirectional: true, returns: "last" }), [2, 5, 4]);
    const [ends, states] = both.evaluated(h, y);
    expect(last.evaluated(last.output)[0]).toBeAllclose(
      [0, 1].flatMap((n) => [0, 1].flatMap((d) => ends?.slice((d * 2 + n) * 3, (d * 2 + n) * 3 + 3) ?? [])),
    );
    expect(states).toHaveLength(2 * 5 * 6);
  });

  test("mistakes are named", () => {
    expect(() => nn.lstm(3, { projSize: 3 })).toThrow("lstm: projSize = 3 is not below hiddenSize = 3");
    expect(() => declare(nn.gru(3), [2, 5])).toThrow("model gru: takes [examples, times, features], not [2, 5]");
    expect(() => declare(nn.gru(3), [2, 5, 4], "f32", { h: input("h", [2, 3]) })).toThrow(
      "model gru: the first h is [2, 3] f32, not [1, 2, 3] f32",
    );
    expect(() => declare(nn.gru(3), [2, 5, 4], "f32", { c: input("c", [1, 2, 3]) })).toThrow('gru: no input "c"');
    expect(() => declare(nn.relu(), [2], "f32", { h: input("h", [2]) })).toThrow(
      'relu: no input "h"; it takes none besides x',
    );
    expect(() => declare(nn.gru(3), [2, 0, 4])).toThrow("has no times");
  });
});

describe("attention", () => {
  /** Which places of the input each place of the output depends on: by the gradient of one of its numbers. */
  function seen(layer: Layer, inputs: Record<string, readonly number[]> = {}): boolean[][] {
    const use = traced(layer, [1, 4, 4], { training: false, inputs });
    return [0, 1, 2, 3].map((t) => {
      const base = use.evaluated(use.output)[0]?.slice(t * 4, t * 4 + 4);
      return [0, 1, 2, 3].map((s) => {
        const data = use.values.x?.data.map((v, i) => (Math.floor(i / 4) === s ? v + 1 : v)) as Float64Array;
        const moved = { ...use.values, x: { ...use.values.x, data } };
        Object.assign(use.values, moved);
        const after = use.evaluated(use.output)[0]?.slice(t * 4, t * 4 + 4);
        Object.assign(use.values, {
          x: { ...use.values.x, data: data.map((v, i) => (Math.floor(i / 4) === s ? v - 1 : v)) },
        });
        return after?.some((v, i) => Math.abs(v - (base?.[i] as number)) > 1e-9) as boolean;
      });
    });
  }
  const past = [0, 1, 2, 3].map((t) => [0, 1, 2, 3].map((s) => s <= t));

  test.each<[string, Layer, Record<string, readonly number[]>?]>([
    ["multiheadAttention", nn.multiheadAttention(2, { causal: true })],
    ["attention", nn.attention("additive", { causal: true })],
    ["transformerEncoderLayer", nn.transformerEncoderLayer(2, { dimFeedforward: 4, causal: true, dropout: 0 })],
    [
      "transformerDecoderLayer",
      nn.transformerDecoderLayer(2, { dimFeedforward: 4, dropout: 0 }),
      { memory: [1, 2, 4] },
    ],
  ])("nothing that is to come reaches a place of a causal %s", (_name, layer, inputs) => {
    expect(seen(layer, inputs)).toEqual(past);
  });

  test.each(["dot", "scaled", "general", "additive"] as const)("%s scores are those of a plain loop", (score) => {
    const use = traced(nn.attention(score, { hiddenSize: 3 }), [2, 3, 4], {
      inputs: { key: [2, 5, 4], value: [2, 5, 2] },
    });
    const at = (name: string, ...index: number[]): number => {
      const { shape, data } = use.values[name] as { shape: readonly number[]; data: Float64Array };
      return data[index.reduce((flat, i, axis) => flat * (shape[axis] as number) + i, 0)] as number;
    };
    const sum = (count: number, f: (i: number) => number) =>
      Array.from({ length: count }, (_, i) => f(i)).reduce((a, b) => a + b, 0);
    const product = (n: number, t: number, s: number) => sum(4, (d) => at("x", n, t, d) * at("key", n, s, d));
    const scores = {
      dot: product,
      scaled: (n: number, t: number, s: number) => product(n, t, s) / 2,
      general: (n: number, t: number, s: number) =>
        sum(4, (k) => sum(4, (d) => at("query.weight", k, d) * at("x", n, t, d)) * at("key", n, s, k)),
      additive: (n: number, t: number, s: number) =>
        sum(3, (h) => {
          const query = sum(4, (d) => at("query.weight", h, d) * at("x", n, t, d)) + at("query.bias", h);
          const key = sum(4, (d) => at("key.weight", h, d) * at("key", n, s, d));
          return at("score.weight", 0, h) * Math.tanh(query + key);
        }),
    };
    const want = [0, 1].flatMap((n) =>
      [0, 1, 2].flatMap((t) => {
        const powers = [0, 1, 2, 3, 4].map((s) => Math.exp(scores[score](n, t, s)));
        const all = powers.reduce((a, b) => a + b, 0);
        return [0, 1].map((v) => sum(5, (s) => ((powers[s] as number) / all) * at("value", n, s, v)));
      }),
    );
    expect(use.evaluated(use.output)[0]).toBeAllclose(want, { rtol: 1e-9 });
  });

  test("without the mask every place reaches every other", () => {
    expect(seen(nn.multiheadAttention(2)).flat().every(Boolean)).toBe(true);
  });

  test("mistakes are named", () => {
    const on = (layer: Layer, inputs: Record<string, readonly number[]>) => () =>
      declare(layer, [2, 3, 4], "f32", Object.fromEntries(Object.entries(inputs).map(([k, s]) => [k, input(k, s)])));
    expect(() => declare(nn.multiheadAttention(3), [2, 3, 4])).toThrow("numHeads = 3 does not divide the 4 features");
    expect(on(nn.multiheadAttention(2), { key: [3, 3, 4] })).toThrow("key is [3, 3, 4], not [2, 3, features]");
    expect(on(nn.multiheadAttention(2), { key: [2, 5, 4], value: [2, 3, 4] })).toThrow(
      "value is [2, 3, 4], not [2, 5, features]",
    );
    expect(on(nn.multiheadAttention(2), { attnMask: [3, 4] })).toThrow(
      "attnMask is [3, 4] f32, not [3, 3] or [4, 3, 3] or [2, 2, 3, 3] bool or f32",
    );
    expect(on(nn.attention("dot"), { key: [2, 5, 3] })).toThrow('take score: "general" or "additive"');
    expect(() => declare(nn.transformerDecoderLayer(2), [2, 3, 4])).toThrow("memory is missing");
    expect(() => declare(nn.transformer(2), [2, 3, 4])).toThrow("tgt is missing");
    expect(() => nn.transformerEncoder(nn.linear(3) as never)).toThrow(
      "transformerEncoder: layer must be a layer, as nn.transformerEncoderLayer(4), not linear(...)",
    );
  });
});

test("first values are PyTorch's: Xavier where it says so, zero biases of attention", () => {
  const of = (layer: Layer, inputs: Record<string, readonly number[]> = {}) => {
    const given = Object.fromEntries(Object.entries(inputs).map(([name, shape]) => [name, input(name, shape)]));
    const { parameters } = declare(layer, [2, 3, 4], "f32", given);
    return Object.fromEntries(parameters.map(({ name, shape, init }) => [name, [init.type, shape.length]]));
  };
  expect(of(nn.multiheadAttention(2, { addBiasKv: true }), { key: [2, 3, 5] })).toEqual({
    q_proj_weight: ["xavierUniform", 2],
    k_proj_weight: ["xavierUniform", 2],
    v_proj_weight: ["xavierUniform", 2],
    in_proj_bias: ["zeros", 1],
    bias_k: ["xavierNormal", 3],
    bias_v: ["xavierNormal", 3],
    "out_proj.weight": ["kaimingUniform", 2],
    "out_proj.bias": ["zeros", 1],
  });
  const small = { numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 3 };
  const all = Object.values(of(nn.transformer(2, small), { tgt: [2, 2, 4] }));
  expect(all.filter(([, rank]) => rank === 2).map(([type]) => type)).toEqual(new Array(10).fill("xavierUniform"));
});

describe("tied weights", () => {
  const model = nn.tied(
    nn.sequential({
      tokens: nn.embedding(5, { embeddingDim: 3 }),
      body: nn.tanh(),
      head: nn.linear(5, { bias: false }),
    }),
    { "head.weight": "tokens.weight" },
  );

  test("are one parameter, whose gradient is of all its uses", () => {
    expect(declare(model, [2, 3], "i32").parameters.map(({ name, shape }) => [name, shape])).toEqual([
      ["tokens.weight", [5, 3]],
    ]);
    const { output, parameters } = traced(model, [2, 3], { dtype: "i32" });
    expect(Object.keys(parameters)).toEqual(["tokens.weight"]);
    expect(output.shape).toEqual([2, 3, 5]);
  });

  test("keep the names of their places within another model", () => {
    const names = declare(nn.sequential({ all: model }), [2, 3], "i32").parameters.map(({ name }) => name);
    expect(names).toEqual(["all.tokens.weight"]);
  });

  test("mistakes are named", () => {
    const with_ = (ties: Record<string, string>) => () => declare(nn.tied(model, ties), [2, 3], "i32");
    expect(with_({ "head.weigth": "tokens.weight" })).toThrow(
      'tied: no parameter "head.weigth"; did you mean "head.weight"?',
    );
    expect(with_({ "head.weight": "token.weight" })).toThrow('tied: no parameter "token.weight"');
    const wide = nn.sequential({ tokens: nn.embedding(5, { embeddingDim: 3 }), head: nn.linear(4, { bias: false }) });
    expect(() => declare(nn.tied(wide, { "head.weight": "tokens.weight" }), [2, 3], "i32")).toThrow(
      "weight is [5, 3] from its first use and would be [4, 3] here",
    );
    expect(() => nn.tied(nn.linear(3), { weight: "bias" })).toThrow(
      "tied: takes nn.sequential(...) or nn.module(...), not linear(...)",
    );
    expect(() => nn.tied(model, { head: 3 as never })).toThrow("tied must be names of parameters");
  });
});

describe("modules of several sequences", () => {
  test("take and give further tensors by name", () => {
    const shift = nn.module({ fc: nn.linear(4) }, ({ fc }, x, { by }) => ({
      y: fc(x.add(by as Tensor)),
      sum: x.add(by as Tensor),
    }));
    const outer = nn.module({ shift }, ({ shift }, x) => {
      const { y, sum } = shift.results(x, { by: x });
      return y.add(sum as Tensor);
    });
    const { output, x, layers } = traced(outer, [2, 4]);
    expect(output.shape).toEqual([2, 4]);
    const inner = layers.find(({ path }) => path === "shift");
    expect(inner?.inputs).toEqual({ by: x });
    expect(Object.keys(inner?.results ?? {})).toEqual(["y", "sum"]);
  });

  test("an input that is not given is named where it is asked for", () => {
    const needs = nn.module({}, (_layers, x, { memory }) => x.add(memory as Tensor));
    expect(() => declare(needs, [2, 4])).toThrow('no input "memory"');
    const nothing = { parameters: {}, buffers: {}, training: false, seed: input("s", []), step: input("t", []) };
    expect(() => traceModel(needs, input("x", [2]), { ...nothing, inputs: { memory: 3 as never } })).toThrow(
      "module: memory must be a tensor, not number",
    );
  });
});
