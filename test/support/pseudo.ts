import { readFileSync } from "node:fs";
import type { Bundle } from "../../l10n/index.ts";

const LETTERS: Readonly<Record<string, string>> = {
  a: "à",
  c: "ç",
  e: "ë",
  i: "ï",
  n: "ñ",
  o: "ø",
  u: "ü",
  y: "ÿ",
  A: "Å",
  E: "É",
  O: "Ö",
  U: "Û",
};

/** `text` as a language that does not exist says it: in brackets, accented, a third longer, with the same placeholders. */
export function pseudo(text: string): string {
  const accented = text.replace(/\{\d+\}|[A-Za-z]/g, (one) => LETTERS[one] ?? one);
  const letters = text.replace(/\{\d+\}/g, "").length;
  return `⟦${accented}${"·".repeat(Math.ceil(letters / 3))}⟧`;
}

const english: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL("../../l10n/bundle.l10n.json", import.meta.url), "utf8"),
);

/** All words of dlnb in the language of `pseudo`, for an editor that speaks German. */
export const pseudoBundle: Bundle = {
  language: "de",
  words: Object.fromEntries(Object.keys(english).map((text) => [text, pseudo(text)])),
};

/** What is not translated of texts that a view shows: what stands outside all brackets and has words of its own. */
export function untranslated(texts: readonly string[], names: readonly string[] = []): string[] {
  const longest = [...names, "PNG", "SVG", "Wavefront", "OBJ", "PLY"]
    .filter((name) => name !== "")
    .sort((a, b) => b.length - a.length);
  return texts.filter((text) => {
    let rest = text;
    // from the inside out
    for (let before = ""; before !== rest; ) [before, rest] = [rest, rest.replace(/⟦[^⟦⟧]*⟧/g, "")];
    for (const name of longest) rest = rest.replaceAll(name, "");
    return /[A-Za-z]{3}/.test(rest);
  });
}
