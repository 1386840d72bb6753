import { type Bundle, bundle, digits, word } from "./language.ts";

/**
 * Marks a sentence of the engine as one that users read. It stays English, in logs, in outputs on disk and on the command line; the editor
 * and its pages know it again by its text, and say it in their language (`translated`).
 */
export const say = (texts: TemplateStringsArray, ...values: readonly (string | number)[]): string =>
  String.raw({ raw: texts }, ...values);

interface Template {
  readonly english: string;
  /** Its own letters; the more there are, the surer is a match. */
  readonly letters: number;
  readonly pattern: RegExp;
  /** Which placeholder a group of the pattern is. */
  readonly order: readonly number[];
}

/** Texts with fewer letters of their own fit what they do not mean. */
const MIN_LETTERS = 4;
/** Sentences within sentences. */
const MAX_DEPTH = 3;
const NUMBER = /^-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[+-]?\d+)?(?: ?%)?$/;

let known: { bundle: Bundle; templates: readonly Template[] } | null = null;

/** A sentence that the engine said, in the language that is spoken here; as it is where nobody has translated it. */
export function translated(sentence: string): string {
  return Object.keys(bundle().words).length === 0 ? sentence : parts(sentence, 0);
}

/** What a list is of is translated one by one. */
function parts(text: string, depth: number): string {
  return (
    whole(text, depth) ??
    text
      .split("; ")
      .map((part) => whole(part, depth) ?? part)
      .join("; ")
  );
}

function whole(text: string, depth: number): string | null {
  if (text in bundle().words) return word(text);
  if (NUMBER.test(text)) return digits(text);
  if (depth === MAX_DEPTH) return null;
  for (const { english, pattern, order } of templates()) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const values: string[] = [];
    for (const [i, place] of order.entries()) values[place] = parts(found[i + 1] ?? "", depth + 1);
    return word(english, values);
  }
  return null;
}

function templates(): readonly Template[] {
  if (known?.bundle !== bundle()) {
    const all = Object.keys(bundle().words).flatMap((english) => templateOf(english) ?? []);
    known = { bundle: bundle(), templates: all.sort((a, b) => b.letters - a.letters) };
  }
  return known.templates;
}

function templateOf(english: string): Template | null {
  const texts = english.split(/\{\d+\}/);
  const letters = texts.join("").replace(/[^A-Za-z]/g, "").length;
  if (texts.length === 1 || letters < MIN_LETTERS) return null;
  const escaped = texts.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return {
    english,
    letters,
    pattern: new RegExp(`^${escaped.join("([\\s\\S]*?)")}$`),
    order: [...english.matchAll(/\{(\d+)\}/g)].map(([, index]) => Number(index)),
  };
}
