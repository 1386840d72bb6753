import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { globals } from "../../../engine/library.ts";
import { type Experiment, inContext } from "../../../engine/session/index.ts";
import { encodeSafetensors } from "../../../engine/session/safetensors.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import "../../support/allclose.ts";
import { testContext } from "../../support/context.ts";

const { data, experiment, loss, metrics, nn, optim } = globals;

let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 1, log: () => {} });
});
afterAll(() => backend.close());
const folder = mkdtempSync(join(tmpdir(), "dlnb-sequences-"));
afterAll(() => rmSync(folder, { recursive: true }));

const text = await data.text({ text: "the cat sat on the mat.\n".repeat(12) }, { context: 6, stride: 1 });
const make = (over: object = {}) =>
  experiment({
    data: text.split({ valid: 0.1 }),
    model: nn.sequential(
      nn.embedding(text.classes?.length as number, { embeddingDim: 8 }),
      nn.learnedPositions(),
      nn.transformerEncoderLayer(2, { dimFeedforward: 8, dropout: 0, causal: true }),
      nn.linear(text.classes?.length as number),
    ),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.adamw({ lr: 1e-2 }),
    batchSize: 8,
    ...over,
  });

/** A run whose queries and keys are 0, so that a place looks at all that it sees alike. */
function indifferent(exp: Experiment) {
  const tensors = new Map(
    exp.config.model.declaration.parameters.map(({ name, shape }) => [
      name,
      new HostTensor(
        shape,
        "f32",
        new Float32Array(shape.reduce((n, d) => n * d, 1)).fill(/proj_/.test(name) ? 0 : 0.5),
      ),
    ]),
  );
  const file = join(folder, "indifferent.safetensors");
  writeFileSync(file, encodeSafetensors({ tensors, metadata: {} }));
  return exp.load(file);
}

describe("attention", () => {
  test("of a model that does not care is even over what a place sees", async () => {
    await inContext(testContext(backend), async () => {
      const run = indifferent(make());
      const { heads, weights, places } = await run.inspect.attention({ row: 1, on: "train" });
      const seen = [2, 3, 4, 5, 6];
      expect(places.map((p) => p.join(""))).toEqual(["he cat", "he cat"]);
      expect(heads.map(({ layer, head }) => [layer, head])).toEqual([
        ["2.self_attn", 1],
        ["2.self_attn", 2],
      ]);
      const even = Array.from({ length: 36 }, (_, at) =>
        at % 6 <= Math.floor(at / 6) ? 1 / (Math.floor(at / 6) + 1) : 0,
      );
      for (const head of weights) expect([...head]).toBeAllclose(even);
      const share = seen.reduce((sum, n) => sum + 1 / n, 0) / 5;
      const spread = Math.exp(seen.reduce((sum, n) => sum + Math.log(n), 0) / 5);
      for (const { itself, previous, first, spread: found } of heads) {
        expect([itself, previous, first, found].map(Number)).toBeAllclose([share, share, share, spread], {
          rtol: 1e-5,
        });
      }
    });
  });

  test("says what it cannot look at", async () => {
    await inContext(testContext(backend), async () => {
      const exp = make();
      await expect(exp.inspect.attention({ row: 1000 })).rejects.toThrow("inspect.attention: row 1000 is outside the");
      await expect(exp.inspect.attention({ layer: "2.self_atn" })).rejects.toThrow(
        'inspect.attention: no attention layer "2.self_atn"; did you mean "2.self_attn"?',
      );
      const plain = make({ model: nn.sequential(nn.embedding(12, { embeddingDim: 8 }), nn.linear(12)) });
      await expect(plain.inspect.attention()).rejects.toThrow(
        "the model has no attention; give it nn.multiheadAttention()",
      );
    });
  });
});

describe("generate", () => {
  test("at temperature 0 takes what predict says is likeliest, also beyond the model's context", async () => {
    await inContext(testContext(backend), async () => {
      const run = await make().fit({ epochs: 15 });
      const before = run.stateDict();
      const { text: written } = await run.generate({ prompt: "the", length: 12, temperature: 0 });
      let want = "the";
      for (let i = 0; i < 12; i++) {
        const seen = want.slice(-6);
        const output = await run.predict(text.encode(seen.padEnd(6, " ")));
        const width = output.shape[2] as number;
        const row = output.data.slice((seen.length - 1) * width, seen.length * width) as Float32Array;
        want += text.decode([row.indexOf(Math.max(...row))]);
      }
      expect(`the${written}`).toBe(want);
      expect(written).toBe(" cat sat on ");
      expect(run.stateDict()).toEqual(before);
    });
  });

  test("draws by its seed, from the likeliest only when asked to", async () => {
    await inContext(testContext(backend), async () => {
      const exp = make();
      const [a, again, b] = [
        await exp.generate({ length: 40, seed: 1 }),
        await exp.generate({ length: 40, seed: 1 }),
        await exp.generate({ length: 40, seed: 2 }),
      ];
      expect(a.prompt).toBe("\n");
      expect(a.text).toHaveLength(40);
      expect(again.text).toBe(a.text);
      expect(b.text).not.toBe(a.text);
      const [likeliest, top] = [
        await exp.generate({ length: 20, temperature: 0 }),
        await exp.generate({ length: 20, topK: 1, temperature: 2, seed: 9 }),
      ];
      expect(top.text).toBe(likeliest.text);
    });
  });

  test("needs a text, its characters, and scores at every place", async () => {
    await inContext(testContext(backend), async () => {
      await expect(make().generate({ prompt: "zebra" })).rejects.toThrow('encode: text has no "z"');
      const { x, y, classes = [] } = text;
      const tokens = make({ data: data.tensors({ x, y, classes }) });
      await expect(tokens.generate()).rejects.toThrow('generate: tensors is no text; train on data.text("poems.txt"');
    });
  });
});

describe("translate", () => {
  const pairs = data.sequences({ task: "reverse", n: 60, symbols: 3, minLength: 1, maxLength: 4, seed: 1 });
  const classes = pairs.classes?.length as number;
  const makePairs = (over: object = {}) =>
    experiment({
      data: pairs.split({ valid: 20, seed: 1 }),
      model: nn.module(
        {
          tokens: nn.embedding(classes, { embeddingDim: 12, paddingIdx: 0 }),
          encoder: nn.gru(12),
          decoder: nn.gru(12),
          attention: nn.attention("dot"),
          head: nn.linear(classes),
        },
        ({ tokens, encoder, decoder, attention, head }, x) => {
          const source = x.slice(1, 0, pairs.sourceLength);
          const { y, h } = encoder.results(tokens(source));
          const states = decoder(tokens(x.slice(1, pairs.sourceLength)), { h });
          return head(states.add(attention(states, { key: y, keyPaddingMask: source.equal(0) })));
        },
      ),
      loss: loss.crossEntropy({ ignoreIndex: 0 }),
      metrics: [metrics.accuracy({ ignoreIndex: 0 })],
      optimizer: optim.adam({ lr: 1e-2 }),
      batchSize: 8,
      ...over,
    });

  test("takes the likeliest token after the other, as predict says, until <end>", async () => {
    await inContext(testContext(backend), async () => {
      const run = await makePairs().fit({ epochs: 12 });
      const sources = ["abc", "a", "ccba"];
      const { pairs: found, accuracy } = await run.translate({ sources });
      expect(accuracy).toBeNull();
      for (const [i, source] of sources.entries()) {
        const tokens = Int32Array.from(pairs.encode([source]).data);
        const written: number[] = [];
        for (let t = 0; t < pairs.targetLength; t++) {
          const output = await run.predict(new HostTensor([1, tokens.length], "i32", tokens));
          const row = Array.from(output.data.slice(t * classes + 2, (t + 1) * classes));
          const next = row.indexOf(Math.max(...row)) + 2;
          if (next === 2) break;
          written.push(next);
          tokens[pairs.sourceLength + t + 1] = next;
        }
        expect(found[i]).toEqual({ source, written: pairs.decode(written), target: null, right: null });
      }
    });
  });

  test("counts what is right among the data's pairs, and says what it cannot translate", async () => {
    await inContext(testContext(backend), async () => {
      const exp = makePairs();
      const { pairs: found, accuracy, byLength } = await exp.translate({ on: "valid", examples: 7 });
      for (const { length, count, right } of byLength) {
        const own = found.filter(({ source }) => source.length === length);
        expect([count, right]).toEqual([own.length, own.filter((pair) => pair.right).length]);
      }
      expect(byLength.reduce((n, { count }) => n + count, 0)).toBe(7);
      expect(found).toHaveLength(7);
      expect(accuracy).toBe(found.filter(({ written, target }) => written === target).length / 7);
      await expect(exp.translate({ sources: ["abd"] })).rejects.toThrow('encode: reverse has no "d"');
      await expect(exp.translate({ on: text })).rejects.toThrow("translate: on must be pairs");
      await expect(make().translate()).rejects.toThrow("translate: text has no pairs; train on data.pairs(");
    });
  });

  test("tokens that an embedding lacks are found in the part of an example that it reads", async () => {
    const half = (from: number, to: number) =>
      nn.module({ few: nn.embedding(3, { embeddingDim: 2 }), head: nn.linear(classes) }, ({ few, head }, x) =>
        head(few(x.slice(1, from, to)))
          .sum([1], { keepdims: true })
          .broadcastTo([x.shape[0] as number, pairs.targetLength, classes]),
      );
    expect(() => makePairs({ model: half(0, 4) })).toThrow(/reverse has token \d, and few embedding takes 0 to 2/);
    expect(() => makePairs({ model: half(pairs.sourceLength, pairs.sourceLength + 1) })).not.toThrow(); // <start> alone
  });

  test("its attention is drawn from what is written to what is read", async () => {
    await inContext(testContext(backend), async () => {
      const { heads, places, seen, weights } = await makePairs().inspect.attention({ row: 2, on: "train" });
      const { train } = makePairs().splits;
      const [source, target] = (train as typeof pairs).pair(2);
      expect(heads).toMatchObject([{ layer: "attention", head: 1, itself: null, previous: null, first: null }]);
      expect(seen[0]?.join("")).toBe(source);
      expect(places[0]).toEqual([...target, "<end>"]);
      expect(weights[0]).toHaveLength(source.length * (target.length + 1));
      for (let t = 0; t <= target.length; t++) {
        const row = [...(weights[0] ?? [])].slice(t * source.length, (t + 1) * source.length);
        expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5); // nothing of it on padding
      }
    });
  });
});

test("what is measured of classes counts every place of a sequence", async () => {
  await inContext(testContext(backend), async () => {
    const run = await make().fit({ epochs: 3 });
    const { valid } = run.experiment.splits;
    const { matrix, accuracy } = await run.inspect.confusion();
    expect(matrix.flat().reduce((a, b) => a + b, 0)).toBe(valid?.y.size);
    expect(accuracy).toBeCloseTo(run.final.validAccuracy as number, 6);
    const { rows, first } = await run.inspect.features({ examples: 60, on: "train" });
    expect([rows.length, first.length]).toEqual([60, 60]);
    expect([...new Set(rows)]).toHaveLength(10);
  });
});
