import { describe, expect, test } from "vitest";
import { diagnostics, registries } from "../../engine/library.ts";
import { accepted, snippets } from "../support/snippets.ts";

describe("a snippet", () => {
  test.each(Object.entries(snippets))("of %s has a name to be guessed by, which no other has", (name, { prefix }) => {
    expect(prefix.length).toBeGreaterThan(0);
    for (const one of prefix) {
      expect(one).toMatch(/^[\w.-]+$/);
      const others = Object.entries(snippets).filter(
        ([other, snippet]) => other !== name && snippet.prefix.includes(one),
      );
      expect(
        others.map(([other]) => other),
        one,
      ).toEqual([]);
    }
  });

  test.each(Object.entries(snippets))("of %s has its places in order, and nothing half-written", (_, snippet) => {
    const places = [...snippet.body.join("\n").matchAll(/\$\{(\d+)/g)].map(([, n]) => Number(n));
    expect(places).toEqual(places.map((_, i) => i + 1));
    expect(accepted(snippet)).not.toMatch(/[$\\]|undefined/);
  });
});

test("everything in the registries has one, by the words one looks for it with", () => {
  for (const { global, all } of registries)
    for (const name of Object.keys(all))
      expect(snippets, "run: npm run generate").toHaveProperty([`${global}.${name}`]);
  for (const [name, { inspects }] of Object.entries(diagnostics as Record<string, { inspects: boolean }>))
    expect(snippets, "run: npm run generate").toHaveProperty([inspects ? `inspect.${name}` : name]);
  const guessed = Object.values(snippets).flatMap(({ prefix }) => prefix);
  const some = [
    "sched-one-cycle",
    "init-he-normal",
    "kaiming_normal_",
    "optim-adamw",
    "loss-ce",
    "nn-dense",
    "layer-conv2d",
  ];
  for (const prefix of [...some, "aug-flip", "find-lr"]) expect(guessed).toContain(prefix);
});

test("methods of experiments, runs and data have one too, by the words one looks for them with", () => {
  const guessed = Object.values(snippets).flatMap(({ prefix }) => prefix);
  const wanted = ["export-pytorch", "export-onnx", "fit", "split", "replicas", "cross-validate", "predict", "evaluate"];
  for (const prefix of [...wanted, "save", "load", "folds", "class-weights", "nn-sequential", "schedule-preview"])
    expect(guessed).toContain(prefix);
  expect(accepted(snippets.exportPyTorch!)).toBe('await exp.exportPyTorch("digits.py", { epochs: 20 });');
});

test("a choice begins with the default", () => {
  expect(accepted(snippets["init.kaimingNormal"]!)).toBe(
    'init.kaimingNormal({ mode: "fanIn", nonlinearity: "leakyRelu" })',
  );
});
