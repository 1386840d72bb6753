import { parse } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { describe, expect, test } from "vitest";
import * as plots from "../../../engine/plots/all.ts";
import { learningCurve } from "../../../engine/plots/learningCurve.ts";
import type { Plot } from "../../../engine/plots/plot.ts";

describe.each(Object.entries(plots as unknown as Record<string, Plot<unknown>>))("plot %s", (_, plot) => {
  const chart = plot.chart("id", plot.example(), false);

  test("compiles to Vega without a warning", () => {
    const warnings: unknown[] = [];
    const warn = (...message: unknown[]) => {
      warnings.push(message);
      return logger;
    };
    const silent = () => logger;
    const logger = { level: silent, error: warn, warn, info: silent, debug: silent };
    const { spec } = compile(chart.spec as unknown as TopLevelSpec, { logger: logger as never });
    expect(() => parse(spec, {}, { ast: true })).not.toThrow();
    expect(warnings).toEqual([]);
  });

  test("holds no colour, no font and no data, so that the reader's theme decides", () => {
    const { usermeta: _, ...spec } = chart.spec;
    expect(JSON.stringify(spec)).not.toMatch(/#[0-9a-f]{3,8}\b|"font|"values":\[\{|"url"/i);
  });

  test("uses only columns that its datasets have", () => {
    const made = JSON.stringify(chart.spec).matchAll(/"as":(?:"([^"]+)"|\[([^\]]+)\])/g);
    const computed = [...made].flatMap(([, one, several]) => one ?? (several?.match(/[^",]+/g) as string[]));
    for (const { dataset, field } of usedFields(chart.spec)) {
      expect([...Object.keys(chart.datasets[dataset] ?? {}), ...computed], dataset).toContain(field);
    }
  });

  test("says in words what it shows", () => {
    expect(chart.title).toMatch(/\d/);
    expect(chart.text.length).toBeGreaterThan(40);
  });
});

test("the learning curve's spec and words are as in the golden file", async () => {
  const { spec, title, text } = learningCurve.chart("id", learningCurve.example(), false);
  const golden = `${JSON.stringify({ title, text, spec }, null, 2)}\n`;
  await expect(golden).toMatchFileSnapshot("./learningCurve.golden.json");
});

test("a run without validation says its training loss", () => {
  const state = learningCurve.example();
  const { title } = learningCurve.chart("id", { ...state, validation: false }, false);
  expect(title).toBe("Training loss 0.13 after 6 epochs");
});

/** Dataset and column of every encoding channel. */
function usedFields(spec: unknown, dataset?: string): { dataset: string; field: string }[] {
  if (Array.isArray(spec)) return spec.flatMap((part) => usedFields(part, dataset));
  if (typeof spec !== "object" || spec === null) return [];
  const { data, field } = spec as { data?: { name?: string }; field?: string };
  const here = data?.name ?? dataset;
  const own = typeof field === "string" && here !== undefined ? [{ dataset: here, field }] : [];
  return [...own, ...Object.values(spec).flatMap((part) => usedFields(part, here))];
}
