import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import { data, FileTensor, type Splits } from "../../../engine/data/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { metrics } from "../../../engine/metrics/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { Experiment, inContext, type Run } from "../../../engine/session/index.ts";
import { ByteTensor } from "../../../engine/tensor/index.ts";
import { testContext } from "../../support/context.ts";
import { idxFile } from "../../support/idx.ts";

const folder = mkdtempSync(join(tmpdir(), "dlnb-stream-"));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, bytes: Uint8Array): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};

const COUNT = 700;
const pixel = (i: number) => (i * 89 + (i % 3 === Math.floor(i / 12) % 3 ? 90 : 0)) % 256;
const images = write(
  "images",
  idxFile(
    [COUNT, 3, 4],
    "u8",
    Array.from({ length: COUNT * 12 }, (_, i) => pixel(i)),
  ),
);
const labels = write(
  "labels",
  gzipSync(
    idxFile(
      [COUNT],
      "u8",
      Array.from({ length: COUNT }, (_, i) => i % 3),
    ),
  ),
);
const floats = write(
  "floats",
  gzipSync(
    idxFile(
      [COUNT, 5],
      "f32",
      Array.from({ length: COUNT * 5 }, (_, i) => Math.sin(i) + (i % 5)),
    ),
  ),
);

const buffer = 100;
const sets = async (stream: boolean, source = images): Promise<Splits> =>
  (await data.idx({ images: source, labels }, { stream, ...(stream && { buffer }) })).split({
    valid: 90,
    test: 0.1,
    seed: 2,
  });

const experiment = (given: Splits, over: object = {}) =>
  new Experiment({
    data: given,
    model: nn.sequential(nn.flatten(), nn.linear(8), nn.tanh(), nn.dropout(0.2), nn.linear(3)),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.adam({ lr: 0.01 }),
    batchSize: 32,
    seed: 3,
    ...over,
  });

const figures = (run: Run) => [
  run.final,
  run.history.trainLoss,
  Object.values(run.stateDict()).map((t) => [...t.data]),
];

describe.each([
  ["wasm", wasmProvider],
  ["webgpu", webgpuProvider],
] as const)("examples that stay in their file, on %s", (name, provider) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await provider.open({ threads: 2, log: () => {} });
  });
  afterAll(async () => {
    await backend.close();
  });
  const run = (e: Experiment, options: object, signal?: AbortSignal): Promise<Run> =>
    inContext(testContext(backend, signal ? { signal } : {}), () => e.fit(options));

  test.each([
    ["bytes", images, false],
    ["bytes that are scaled", images, true],
    ["numbers in a gzipped file that are scaled", floats, true],
  ])("train to the bits of those in memory that are visited in the same order: %s", async (_, source, scaled) => {
    const prepare = (given: Splits) => (scaled ? given.normalize() : given);
    const streamed = experiment(prepare(await sets(true, source)));
    expect(streamed.splits.train.x).toBeInstanceOf(FileTensor);
    const held = await sets(false, source);
    const inOrder = (part: "train" | "valid" | "test") => {
      // the parts of a streamed set lie in the order of the file
      const set = held[part]!;
      const key = (i: number) => set.x.rows([i]).toString() + set.y.data[i];
      const places = new Map(Array.from({ length: set.size }, (_, i) => [key(i), i]));
      const file = streamed.splits[part]!;
      return Int32Array.from(
        { length: file.size },
        (_, i) => places.get(raw[part]!.x.rows([i]).toString() + file.y.data[i])!,
      );
    };
    const raw = await sets(true, source);
    const other = experiment(prepare(held));
    const [order, valid] = [inOrder("train"), inOrder("valid")];
    other.order = (epoch) => streamed.epochOrder(epoch).map((row) => order[row]!);
    const [a, b] = [await run(streamed, { epochs: 3 }), await run(other, { epochs: 3 })];
    // statistics and parts add up in another order: the file's
    if (scaled) expect(a.final.trainLoss).toBeCloseTo(b.final.trainLoss as number, 4);
    else {
      expect(a.history.trainLoss).toEqual(b.history.trainLoss);
      expect(Object.values(a.stateDict()).map((t) => [...t.data])).toEqual(
        Object.values(b.stateDict()).map((t) => [...t.data]),
      );
    }
    expect(a.final.testAccuracy).toBeCloseTo(b.final.testAccuracy as number, 6);
    expect(a.final.validLoss).toBeCloseTo(b.final.validLoss as number, 4);
    const some = streamed.splits.valid!.rows([4, 0]);
    const same = other.splits.valid!.rows([valid[4]!, valid[0]!]);
    const predicted = await inContext(testContext(backend), () => a.predict(some));
    const expected = await inContext(testContext(backend), () => b.predict(same));
    expect(predicted.data).toBeAllclose(expected.data, { rtol: 1e-4, atol: 1e-5 });
  });

  if (name === "webgpu") return;

  test("have the same bits for the same seed, and others for another", async () => {
    const train = async (seed: number) => figures(await run(experiment(await sets(true), { seed }), { epochs: 2 }));
    const first = await train(3);
    expect(await train(3)).toEqual(first);
    expect(await train(4)).not.toEqual(first);
  });

  test("go on within an epoch, and within a window, where an interrupted run stopped", async () => {
    const whole = figures(await run(experiment(await sets(true)), { steps: 40 }));
    for (const steps of [1, 5, 18, 25]) {
      const e = experiment(await sets(true));
      const part = await run(e, { steps });
      expect(figures(await run(e, { steps: 40, resume: part })).slice(2), `from ${steps}`).toEqual(whole.slice(2));
    }
  });

  test("stop at once", async () => {
    const stop = new AbortController();
    const e = experiment(await sets(true));
    e.onSteps = ({ from }) => {
      if (from > 10) stop.abort();
    };
    const trained = await run(e, { epochs: 100_000 }, stop.signal);
    expect(trained.stopped).toBe("interrupted");
    expect(trained.steps).toBeLessThan(5000);
  });

  test("leave the last batch out, or visit in the file's order, as others do", async () => {
    const e = experiment(await sets(true), { dropLast: true, shuffle: false });
    expect([...e.epochOrder(0)]).toEqual(Array.from({ length: e.splits.train.size }, (_, i) => i));
    expect((await run(e, { epochs: 1 })).steps).toBe(Math.floor(e.splits.train.size / 32));
  });

  test("are evaluated whole", async () => {
    const given = await sets(true);
    const trained = await run(experiment(given), { epochs: 1 });
    const evaluated = await inContext(testContext(backend), () => trained.evaluate(given.test!));
    expect(evaluated.loss).toBe(trained.final.testLoss);
  });
});

describe("a streamed set", () => {
  test("is visited whole in every epoch, in another order, near ones of the file in one window", async () => {
    const e = experiment(await sets(true));
    const count = e.splits.train.size;
    const orders = [0, 1].map((epoch) => e.epochOrder(epoch));
    for (const order of orders)
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
    expect([...orders[0]!]).not.toEqual([...orders[1]!]);
  });

  test("shows what it is, and gives some examples when asked", async () => {
    const set = await data.idx({ images, labels }, { stream: true });
    const held = await data.idx({ images, labels });
    expect(set.streamed).toBe(true);
    expect(String(set)).toBe(String(held));
    expect(set.x.rows([3, 699]).toArray()).toEqual(held.x.rows([3, 699]).toArray());
    expect(set.x.at(-1, 0, 2, 3)).toBe(held.x.at(-1, 0, 2, 3));
    expect((set.x.rows([5, 1]) as FileTensor).held()).toBeInstanceOf(ByteTensor);
    expect(set.reshape([12]).rows([7]).x.toArray()).toEqual(held.reshape([12]).rows([7]).x.toArray());
    expect(() => set.rows([700])).toThrow("rows: 700 is outside the 700 rows");
  });

  test("goes through transforms with the statistics of its training part", async () => {
    const how = [data.standardizeChannels(), data.pca({ k: 2 })] as const;
    const [a, b] = [(await sets(true)).transform(...how), (await sets(false)).transform(...how)];
    expect(a.train.x.shape).toEqual(b.train.x.shape);
    const sum = (x: Float32Array) => x.reduce((s, v) => s + Math.abs(v), 0);
    expect(sum(a.test!.x.data as Float32Array)).toBeCloseTo(sum(b.test!.x.data as Float32Array), 2);
  });

  test("says when the file changed under it", async () => {
    const path = write("shrinking", idxFile([50, 2, 2], "u8", new Array(200).fill(1)));
    const own = write("its-labels", idxFile([50], "u8", new Array(50).fill(0)));
    const set = await data.idx({ images: path, labels: own }, { stream: true });
    writeFileSync(path, new Uint8Array(20));
    expect(() => set.x.rows([40]).data).toThrow(/shrinking: it ends before byte 176; it was changed while it was read/);
  });
});
