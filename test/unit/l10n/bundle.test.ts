import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { l10n } from "vscode";
import { FINDINGS_MIME } from "../../../engine/protocol/index.ts";
import { speak, translated } from "../../../l10n/index.ts";
import { writeReport } from "../../../src/report/index.ts";
import { finishedSummary, runningSummary } from "../../../src/status/summary.ts";
import { pseudo, pseudoBundle, untranslated } from "../../support/pseudo.ts";

const root = join(import.meta.dirname, "../../..");
const { wordsOf } = (await import(join(root, "scripts/words.mjs"))) as {
  wordsOf(root: string): Record<string, string>;
};

test("the bundle holds all that is said, and nothing else", () => {
  const bundle = JSON.parse(readFileSync(join(root, "l10n/bundle.l10n.json"), "utf8"));
  expect(bundle).toEqual(wordsOf(root));
});

describe("texts are found in the source", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "dlnb-words-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const found = (path: string, text: string) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
    return Object.keys(wordsOf(folder));
  };

  test("of messages, also by the short name of l10n.t", () => {
    expect(found("src/a.ts", 'vscode.l10n.t("Open {0}", name); t(`two` + " words"); other.t(x);')).toEqual([
      "Open {0}",
      "two words",
    ]);
  });

  test("of pages, with both texts of what is counted", () => {
    const text = 'const W = words({ a: "A", b: { c: "C {0}" }, d: many("{0} d", "{0} ds") } satisfies object);';
    expect(found("media/a.ts", text)).toEqual(["A", "C {0}", "{0} d", "{0} ds"].sort());
  });

  test("of the engine: complaints, offers and what checks say; names, documentation and code are left out", () => {
    const rule = `defineRule({ name: "a b", summary: "c d", title: "units are dead", saw: \`\${n} of \${count(m, "unit")}\`, code: "e f" });`;
    expect(found("engine/diagnostics/diagnosis/rules/a.ts", rule)).toEqual(["units are dead", "{0} unit", "{0} units"]);
    const error = `throw new ShapeError(\`matmul: \${a} @ \${b}\`); const x = { label: \`Set \${v}\`, title: "Puts", do: { kind } };`;
    expect(found("engine/ops/a.ts", error)).toContain("matmul: {0} @ {1}");
    expect(found("engine/ops/a.ts", error)).toContain("Set {0}");
  });

  test("or the place is named where one cannot be, or has other values than places", () => {
    expect(() => found("src/a.ts", "\nl10n.t(text);")).toThrow("src/a.ts:2: a plain text is wanted here");
    expect(() => found("src/a.ts", 'l10n.t("{0} of {1}", 1);')).toThrow('"{0} of {1}" takes 2 values and is given 1');
  });
});

describe("in a language that does not exist", () => {
  beforeEach(() => {
    speak(pseudoBundle);
    Object.assign(l10n, { bundle: pseudoBundle.words });
  });
  afterEach(() => {
    speak(null);
    Object.assign(l10n, { bundle: undefined });
  });

  test("every sentence is known again whatever stands in it", () => {
    const sentences = Object.keys(pseudoBundle.words).filter((text) => (text.match(/[A-Za-z]/g)?.length ?? 0) >= 12);
    const filled = sentences.map((text) => text.replace(/\{(\d+)\}/g, (_, place) => `v${place}`));
    const unknown = filled.filter((text) => !translated(text).includes("⟦"));
    expect(sentences.length).toBeGreaterThan(1000);
    expect(unknown).toEqual([]);
  });

  test("the line under a cell is in it", () => {
    const run = { step: 1200, steps: 6000, epoch: 2, epochs: 10, stepsPerSecond: 40, etaSeconds: 90, backend: "wasm" };
    const going = {
      ...run,
      paused: false,
      stopping: "epoch",
      lr: 0.001,
      trainLoss: 0.5,
      validLoss: null,
      metric: null,
    };
    const done = { name: "tour", adapter: "x", steps: 6000, seconds: 61, backend: "wasm", stopped: "early", final: {} };
    const lines = [
      ...[
        runningSummary(going as never),
        runningSummary({ ...going, paused: true } as never),
        finishedSummary(done as never),
      ].flatMap(({ items, tooltip }) => [...items, tooltip]),
    ];
    expect(untranslated(lines, ["$(pulse)", "$(debug-pause)", "$(graph-line)", "wasm", "tour", "min"])).toEqual([]);
    expect(lines.join()).toContain("1,200");
  });

  test("an exported page is in it, and says so", async () => {
    const finding = { rule: "r", why: "", tries: [], severity: "pass" as const };
    const html = await writeReport({
      name: "tour.dlnb",
      folder: null,
      cells: [
        {
          kind: "code",
          id: "c1",
          index: 1,
          text: "1",
          result: { ok: true, wallMs: 1500 },
          shown: [
            {
              kind: "output",
              output: {
                id: "o",
                items: [
                  {
                    mime: FINDINGS_MIME,
                    data: {
                      id: "f",
                      title: "",
                      findings: [{ ...finding, title: "every feature varies", saw: "12 features" }],
                    },
                  },
                ],
              },
            },
          ],
        },
        { kind: "code", id: "c2", index: 2, text: "2", result: null, shown: [] },
      ],
      runs: [
        {
          id: "r",
          name: "tour",
          folder: null,
          backend: "wasm",
          steps: 6000,
          epochs: 3,
          seconds: 2,
          stopped: "interrupted",
          final: {},
        },
      ],
      where: "",
      about: [],
      generator: "dlnb",
      bundle: pseudoBundle,
      program: "0",
    });
    expect(html).toContain(`<html lang="${pseudoBundle.language}">`);
    expect(html).toContain(pseudo("every feature varies"));
    const body = html.slice(html.indexOf("<main>"), html.indexOf("</main>")).replace(/<pre.*?<\/pre>/gs, "");
    const texts = body.split(/<[^>]*>/).filter((text) => text.trim() !== "");
    expect(untranslated(texts, ["tour.dlnb", "tour", "wasm"])).toEqual([]);
    const inert = /<script type="application\/json" id="dlnb-words">(.*?)<\/script>/s.exec(html)?.[1] ?? "";
    expect(JSON.parse(inert)).toEqual(pseudoBundle);
  });
});
