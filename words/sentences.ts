import { type Bundle, bundle, digits, word } from "./language.ts";

interface Template {
  readonly english: string;
  /** Its own letters; the more there are, the surer is a match. */
  readonly letters: number;
  /** What stands for a placeholder is no list in the first, and anything in the second. */
  readonly patterns: readonly [RegExp, RegExp];
  /** Which placeholder a group of the patterns is. */
  readonly order: readonly number[];
}

/** Texts with fewer letters of their own fit what they do not mean. */
const MIN_LETTERS = 4;
/** Sentences within sentences. */
const MAX_DEPTH = 3;
const LIST = "; ";
const NUMBER = /^-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[+-]?\d+)?(?: ?%)?$/;

let known: { bundle: Bundle; templates: readonly Template[] } | null = null;

/**
 * A sentence that the engine said, in the language that is spoken here; as it is where nobody has translated it. The engine speaks English,
 * in logs, in outputs on disk and on the command line: editor and pages know its sentences again by their text.
 */
export function translated(sentence: string): string {
  return Object.keys(bundle().words).length === 0 ? sentence : parts(sentence, 0);
}

/** What a list is of is translated one by one; a text may also begin as a list goes on. */
function parts(text: string, depth: number): string {
  const single = whole(text, depth, 0);
  if (single !== null) return single;
  const all = text.split(LIST);
  const each = all.map((part, i) => {
    const known = whole(part, depth, 0);
    if (known !== null) return i === 0 ? known : LIST + known;
    return i === 0 ? null : whole(LIST + part, depth, 0);
  });
  if (each.every((part) => part === null)) return whole(text, depth, 1) ?? text;
  return each.map((part, i) => part ?? (i === 0 ? all[0] : LIST + all[i])).join("");
}

function whole(text: string, depth: number, lists: 0 | 1): string | null {
  if (Object.hasOwn(bundle().words, text)) return word(text);
  if (NUMBER.test(text)) return digits(text);
  if (depth === MAX_DEPTH) return null;
  for (const { english, patterns, order } of templates()) {
    const found = patterns[lists].exec(text);
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
    patterns: [
      new RegExp(`^${escaped.join("((?:(?!; )[\\s\\S])*?)")}$`),
      new RegExp(`^${escaped.join("([\\s\\S]*?)")}$`),
    ],
    order: [...english.matchAll(/\{(\d+)\}/g)].map(([, index]) => Number(index)),
  };
}
