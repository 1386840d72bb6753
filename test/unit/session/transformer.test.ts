import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import { Dataset, data } from "../../../engine/data/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { metrics } from "../../../engine/metrics/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { Experiment, inContext } from "../../../engine/session/index.ts";
import { encodeSafetensors } from "../../../engine/session/safetensors.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import "../../support/allclose.ts";
import { testContext } from "../../support/context.ts";

/** Letters that follow from the one before, or by chance one time in eight: 1.6 bits less than their frequencies say. */
function chain(length: number): string {
  let word = 1;
  const next = (): number => {
    word = (Math.imul(word, 1103515245) + 12345) >>> 0;
    return word / 2 ** 32;
  };
  let letter = 0;
  return Array.from({ length }, () => {
    letter = next() < 0.125 ? Math.floor(next() * 8) : (letter * 3 + 1) % 8;
    return "abcdefgh"[letter];
  }).join("");
}

/** Nats of a character by its frequency alone. */
function unigram({ y, classes = [] }: Dataset): number {
  const shares = classes.map((_, k) => Array.from(y.data).filter((label) => label === k).length / y.size);
  return shares.reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0);
}

const text = await data.text({ text: chain(2000) }, { context: 8 });
const sets = text.split({ valid: 0.1 });

const block = { dimFeedforward: 32, dropout: 0.1, activation: "geluTanh", normFirst: true, causal: true } as const;
const model = (vocabulary: number) =>
  nn.sequential(
    nn.embedding(vocabulary, { embeddingDim: 16 }),
    nn.learnedPositions(8),
    nn.transformerEncoderLayer(2, block),
    nn.layerNorm(),
    nn.linear(vocabulary),
  );

const make = () =>
  new Experiment({
    data: sets,
    model: model(8),
    loss: loss.crossEntropy({ dim: -1 }), // eight classes at eight places
    metrics: [metrics.accuracy({ dim: -1 })],
    optimizer: optim.adamw({ lr: 3e-3 }),
    batchSize: 16,
    seed: 1,
  });

/** Tokens and targets of the run that PyTorch was given, [6, 5]. */
const tokens = (of: (i: number, t: number) => number): HostTensor =>
  new HostTensor(
    [6, 5],
    "i32",
    Int32Array.from({ length: 30 }, (_, k) => of(Math.floor(k / 5), k % 5) % 7),
  );
const recorded = new Dataset({
  name: "recorded",
  x: tokens((i, t) => 3 * i + i * i * t + 2 * t),
  y: tokens((i, t) => 5 * i + i * t + t * t),
  task: "classification",
  featureNames: [],
  classes: [..."0123456"],
});

const folder = mkdtempSync(join(tmpdir(), "dlnb-transformer-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  ["wasm", wasmProvider],
  ["webgpu", webgpuProvider],
] as const)("a transformer on %s", (name, provider) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await provider.open({ threads: 2, log: () => {} });
  });
  afterAll(() => backend.close());

  test("learns what follows from what went before", async () => {
    await inContext(testContext(backend), async () => {
      const run = await make().fit({ epochs: name === "wasm" ? 25 : 12 });
      const { loss: reached = 9, accuracy = 0 } = await run.evaluate(sets.valid as Dataset);
      expect(unigram(sets.valid as Dataset)).toBeGreaterThan(1.9);
      expect(reached).toBeLessThan(1.1);
      expect(accuracy).toBeGreaterThan(0.8);
      const output = await run.predict(text.encode("abea"));
      expect(output.shape).toEqual([1, 4, 8]);
    });
  });

  // PyTorch 1.13, float64: Embedding(7, 8) + positions, TransformerEncoderLayer(8, 2, 12, norm_first, tanh GELU) under a causal mask,
  // LayerNorm, Linear(8, 7); AdamW(lr 0.01, weight_decay 0.1) on rows 0 to 2 and 3 to 5 in turn; parameter k of a tensor
  // begins as 0.3 sin(1.7 k + length of its name), weights of norms 1 above that
  test("follows PyTorch's trajectory", async () => {
    const losses = [
      1.96091131, 2.76083441, 1.74735515, 2.44351078, 1.6981619, 2.19729861, 1.66197114, 2.04705274, 1.6354274,
      1.95374476,
    ];
    const logits = [-0.5738761, -0.5470557, -0.3187606, 0.1381221, 1.0590795, 0.4128606, -0.0779376];
    const experiment = new Experiment({
      data: recorded,
      model: nn.sequential(
        nn.embedding(7, { embeddingDim: 8 }),
        nn.learnedPositions(),
        nn.transformerEncoderLayer(2, { ...block, dimFeedforward: 12, dropout: 0 }),
        nn.layerNorm(),
        nn.linear(7),
      ),
      loss: loss.crossEntropy(),
      metrics: [metrics.accuracy()],
      optimizer: optim.adamw({ lr: 0.01, weightDecay: 0.1 }),
      batchSize: 3,
      shuffle: false,
    });
    const values = experiment.config.model.declaration.parameters.map(({ name, shape }) => {
      const size = shape.reduce((n, d) => n * d, 1);
      const base = /norm\d\.weight|^3\.weight/.test(name) ? 1 : 0;
      const data = Float32Array.from({ length: size }, (_, k) => base + 0.3 * Math.sin(1.7 * k + name.length));
      return [name, new HostTensor(shape, "f32", data)] as const;
    });
    const file = join(folder, `${name}.safetensors`);
    writeFileSync(file, encodeSafetensors({ tensors: new Map(values), metadata: {} }));
    await inContext(testContext(backend), async () => {
      const run = await experiment.fit({ steps: 10, resume: file });
      expect(run.history.trainLoss).toBeAllclose(losses, { rtol: 1e-5 });
      const output = await run.predict(recorded.x.rows([0]));
      expect([...output.data.slice(21, 28)]).toBeAllclose(logits, { rtol: 1e-4, atol: 1e-5 });
      const { loss: whole, accuracy } = await run.evaluate(recorded);
      expect(whole).toBeCloseTo(1.7605000815, 4);
      expect(accuracy).toBeCloseTo(1 / 3, 6);
    });
  });

  test("goes on after a stop to the bits of a run that was not stopped", async () => {
    await inContext(testContext(backend), async () => {
      const whole = await make().fit({ steps: 30 });
      const first = await make().fit({ steps: 13 });
      const rest = await make().fit({ steps: 30, resume: first });
      expect(rest.stateDict()).toEqual(whole.stateDict());
    });
  });
});

test("tokens and classes that the model has no place for are told before training", () => {
  const options = { data: sets, loss: loss.crossEntropy({ dim: -1 }), optimizer: optim.adamw(), batchSize: 16 };
  const of = (tokens: number, outputs: number) =>
    new Experiment({ ...options, model: nn.sequential(nn.embedding(tokens, { embeddingDim: 4 }), nn.linear(outputs)) });
  expect(() => of(8, 8)).not.toThrow();
  expect(() => of(7, 8)).toThrow(
    "experiment: text has token 7, and 0 embedding takes 0 to 6; give it as many as there are tokens",
  );
  expect(() => of(8, 7)).toThrow("experiment: the model ends in 7 outputs for 8 classes; end it in nn.linear(8)");
});
