import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from "vitest";
import { bundleText, languageOf, many, number, speak, translated, words } from "../../../l10n/index.ts";

const WORDS = words({
  open: "Open",
  parts: { curves: "Curves" },
  at: "step {0} of {1}",
  runs: many("{0} run in {1}", "{0} runs in {1}"),
});

const german = {
  language: "de",
  words: {
    Open: "Öffnen",
    Curves: "Kurven",
    "step {0} of {1}": "von {1} Schritten {0}",
    "{0} run in {1}": "{0} Lauf in {1}",
    "{0} runs in {1}": "{0} Läufe in {1}",
    "the loss is {0} after {1}": "nach {1} ist der Verlust {0}",
    "{0} steps": "{0} Schritte",
    "the loss rose": "der Verlust stieg",
    "the rate {0}": "die Rate {0}",
    "; and so on": "; und so weiter",
  },
};

afterEach(() => speak(null));

test("declared words are texts and functions of their placeholders, by type and by value", () => {
  expectTypeOf(WORDS.open).toEqualTypeOf<string>();
  expectTypeOf(WORDS.at).toEqualTypeOf<(...values: [string | number, string | number]) => string>();
  expectTypeOf(WORDS.runs).toEqualTypeOf<(count: number, ...more: [string | number]) => string>();
  expect([WORDS.open, WORDS.parts.curves, WORDS.at(1200, "all"), WORDS.runs(1, "a"), WORDS.runs(2, "a")]).toEqual([
    "Open",
    "Curves",
    "step 1,200 of all",
    "1 run in a",
    "2 runs in a",
  ]);
  expect([languageOf(), bundleText()]).toEqual(["en", ""]);
});

describe("in German", () => {
  beforeEach(() => speak(german));

  test("words that were declared before are German, and numbers those of code", () => {
    expect([WORDS.open, WORDS.parts.curves, WORDS.at(1200, "x"), WORDS.runs(1, "a"), WORDS.runs(2, "a")]).toEqual([
      "Öffnen",
      "Kurven",
      "von x Schritten 1,200",
      "1 Lauf in a",
      "2 Läufe in a",
    ]);
    expect([languageOf(), number(1234.5)]).toEqual(["de", "1,234.5"]);
  });

  test("sentences of the engine are known again by their text, with others in them and in lists", () => {
    const loss = "the loss is 0.25 after 1,200 steps";
    expect(translated(loss)).toBe("nach 1,200 Schritte ist der Verlust 0.25");
    expect(translated(`${loss}; the loss rose; nobody knows`)).toBe(
      "nach 1,200 Schritte ist der Verlust 0.25; der Verlust stieg; nobody knows",
    );
    expect(translated("the loss rose; and so on; the loss rose")).toBe(
      "der Verlust stieg; und so weiter; der Verlust stieg",
    );
    expect(translated("the rate lr: 0.1")).toBe("die Rate lr: 0.1");
  });

  test("a page takes its words from inert JSON, which nothing in them can end", () => {
    speak({ language: "de", words: { a: "</script><b>" } });
    expect(bundleText()).not.toContain("<");
    expect(JSON.parse(bundleText()).words.a).toBe("</script><b>");
  });
});
