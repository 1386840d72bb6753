import { describe, expect, test } from "vitest";
import { inspectParts, listVariables } from "../../../engine/kernel/variables/index.ts";
import { globals } from "../../../engine/library.ts";
import { constant } from "../../../engine/ops/index.ts";
import { ByteTensor, HostTensor, unitLevels } from "../../../engine/tensor/index.ts";
import { blobs } from "../../support/blobs.ts";

const { experiment, loss, nn, optim, tensor } = globals;

const of = (value: unknown) => listVariables([["x", value]])[0] as NonNullable<ReturnType<typeof listVariables>[0]>;
const said = (value: unknown) => [of(value).type, of(value).summary];
const parts = (value: unknown, path: string[] = [], from = 0) =>
  inspectParts(value, path, from).parts.map(({ label, type, summary }) => `${label}: ${type} ${summary}`);

const endless = () => {
  throw new Error("code of the value ran");
};

class Holder {
  a = 1;
  get b() {
    return endless();
  }
}

describe("a value in words", () => {
  test.each([
    [1.5, "number", "1.5"],
    ["a\nb", "string", '"a\\nb"'],
    [undefined, "undefined", "undefined"],
    [null, "null", "null"],
    [12n, "bigint", "12n"],
    [Symbol("s"), "symbol", "Symbol(s)"],
    [[1, [2, [3]], "x"], "Array 3", '[1, [2, […]], "x"]'],
    [new Float32Array(3), "Float32Array 3", "[0, 0, 0]"],
    [{ a: 1, "b c": { d: { e: 1 } } }, "object", '{ a: 1, "b c": { d: {…} } }'],
    [new Map([["k", 1]]), "Map 1", 'Map [["k", 1]]'],
    [new Set([1]), "Set 1", "Set [1]"],
    [new Holder(), "Holder", "Holder { a: 1 }"],
    [Holder, "class", expect.stringMatching(/^class Holder \{ a = 1;/)],
    [(x: number) => x + 1, "function", "(x) => x + 1"],
    [new Date(0), "Date", "1970-01-01T00:00:00.000Z"],
    [new TypeError("no"), "TypeError", "TypeError: no"],
    [Object.create(null), "object", "{}"],
    [
      tensor([
        [1, 2],
        [3, 4.5],
      ]),
      "Tensor 2×2 f32",
      "1, 2, 3, 4.5",
    ],
    [tensor(3), "Tensor f32", "3"],
    [constant(1, [2, 3]), "Symbolic tensor 2×3 f32", "no numbers yet: constant"],
    [optim.adamw({ lr: 0.5 }), "adamw", expect.stringContaining("lr: 0.5")],
  ])("%s", (value, type, summary) => {
    expect(said(value)).toEqual([type, summary]);
  });

  test("of the library's own says what people ask first", () => {
    const sets = blobs(120).split({ valid: 20, seed: 1 });
    expect(of(sets.train).type).toMatch(/^Dataset 100 × 4$/);
    expect(of(sets).summary).toMatch(/train \d+, valid 20$/);
    const exp = experiment({
      name: "small",
      data: sets,
      model: nn.sequential(nn.linear(8), nn.linear(3)),
      loss: loss.crossEntropy(),
      optimizer: optim.adam(),
      batchSize: 16,
    });
    expect(said(exp)).toEqual(["Experiment", "small: 67 parameters, adam, batches of 16"]);
  });

  test("is one bounded line", () => {
    const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key${i}`, "x".repeat(1000)]));
    for (const value of [wide, "y".repeat(1e6), Array(1e6).fill("z"), [[wide]]]) {
      expect(of(value).summary.length).toBeLessThanOrEqual(120);
      expect(of(value).summary).not.toContain("\n");
    }
  });
});

test("no code of a value runs", () => {
  const trap = new Proxy({}, new Proxy({}, { get: endless }));
  const hostile: unknown[] = [
    trap,
    {
      get a() {
        return endless();
      },
      trap,
    },
    [trap],
    Object.create(trap),
    new (class {
      get [Symbol.toStringTag]() {
        return endless();
      }
    })(),
    { [Symbol.for("nodejs.util.inspect.custom")]: endless, toString: endless, toJSON: endless, valueOf: endless },
    Object.defineProperty([], 0, { get: endless, enumerable: true }),
    Object.defineProperties(new Map([[1, 2]]), { size: { get: endless }, entries: { value: endless } }),
    Object.defineProperty(tensor([1]), "shape", { get: endless }),
    Object.defineProperty(() => 1, "name", { get: endless }),
    Object.assign(new Error("x"), { stack: trap }),
  ];
  const listed = listVariables(hostile.map((value, i) => [`v${i}`, value]));
  expect(listed.map(({ type }) => type)).toEqual([
    "proxy",
    "object",
    "Array 1",
    "object",
    "object",
    "object",
    "Array 1",
    "Map 1",
    "HostTensor",
    "function",
    "Error",
  ]);
  expect(listed[1]?.summary).toBe("{ a: (getter), trap: proxy }");
  for (const value of hostile) for (const part of inspectParts(value, [], 0).parts) inspectParts(value, [part.key], 0);
  expect(parts(hostile[1])).toEqual(["a: getter computed when it is read", expect.stringContaining("trap: proxy")]);
});

describe("the parts of a value", () => {
  test("of a tensor are its statistics and its rows", () => {
    const t = tensor([
      [1, 2],
      [3, 6],
    ]);
    expect(parts(t)).toEqual([
      "min: statistic 1",
      "mean: statistic 3",
      "max: statistic 6",
      "[0]: Tensor 2 f32 1, 2",
      "[1]: Tensor 2 f32 3, 6",
    ]);
    expect(parts(t, ["1"])).toEqual([
      "min: statistic 3",
      "mean: statistic 4.5",
      "max: statistic 6",
      "[0]: number 3",
      "[1]: number 6",
    ]);
    expect(parts(tensor([1, Number.NaN]))).toContain("not finite: statistic 1 of 2");
    const pictures = new ByteTensor([2, 2], Uint8Array.of(0, 255, 51, 0), unitLevels());
    expect(parts(pictures)).toContain("[1]: Tensor 2 f32 0.2, 0");
  });

  test("come a hundred at a time", () => {
    const list = Array.from({ length: 250 }, (_, i) => i);
    expect(inspectParts(list, [], 0)).toMatchObject({ more: 150 });
    const last = inspectParts(list, [], 200);
    expect([last.parts.length, last.more, last.parts[0]?.label]).toEqual([50, 0, "[200]"]);
  });

  test("are found by their path, and an error names one that is gone", () => {
    const value = { a: [new Map([[{ k: 1 }, { deep: 7 }]])] };
    expect(parts(value, ["a", "0"])).toEqual(["[{ k: 1 }]: object { deep: 7 }"]);
    expect(parts(value, ["a", "0", "0"])).toEqual(["deep: number 7"]);
    expect(() => inspectParts(value, ["b"], 0)).toThrow('there is no "b" in it any more');
  });

  test("come with the whole value as text, to copy", () => {
    expect(inspectParts("a\nb", [], 0).text).toBe("a\nb");
    expect(inspectParts({ a: { b: { c: [1] } } }, [], 0).text).toBe("{ a: { b: { c: [1] } } }");
    expect(inspectParts(tensor([1, 2]), [], 0).text).toBe("tensor([1., 2.], [2] f32)");
    expect(inspectParts("x".repeat(1e6), [], 0).text.length).toBe(20_000);
  });
});

describe("memory", () => {
  test("of tensors is that of their numbers, and what two names share counts once", () => {
    const t = new HostTensor([1000], "f32", new Float32Array(1000));
    const [a, b, both] = listVariables([
      ["a", t],
      ["b", { t }],
      ["n", 1],
    ]);
    expect(a?.bytes).toBeGreaterThanOrEqual(4000);
    expect(a?.bytes).toBeLessThan(4400);
    expect(b?.bytes).toBeLessThan(100);
    expect(both?.bytes).toBe(8);
    expect(of(Array.from({ length: 1e6 }, (_, i) => i)).bytes).toBeGreaterThanOrEqual(8e6);
  });

  test("of what is too large to look at says so, and takes a moment", () => {
    const huge = Array.from({ length: 1e6 }, (_, i) => ({ i }));
    const loop: { self?: unknown } = {};
    loop.self = loop;
    const began = performance.now();
    expect(of(huge).atLeast).toBe(true);
    expect(of(loop).atLeast).toBe(false);
    expect(performance.now() - began).toBeLessThan(1000);
  });
});
