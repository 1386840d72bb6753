import { type Bundle, bundle, word } from "./language.ts";

interface Template {
  readonly english: string;
  /** What stands before, between and behind its placeholders. */
  readonly texts: readonly string[];
  /** Its own letters; the more there are, the surer is a match. */
  readonly letters: number;
  /** The numbers of its placeholders, in the order in which they stand. */
  readonly order: readonly number[];
}

/** Texts with fewer letters of their own fit what they do not mean. */
const MIN_LETTERS = 4;
/** Sentences within sentences. */
const MAX_DEPTH = 3;
const LIST = "; ";

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
  const single = whole(text, depth, false);
  if (single !== null) return single;
  const all = text.split(LIST);
  const each = all.map((part, i) => {
    const known = whole(part, depth, false);
    if (known !== null) return i === 0 ? known : LIST + known;
    return i === 0 ? null : whole(LIST + part, depth, false);
  });
  if (each.every((part) => part === null)) return whole(text, depth, true) ?? text;
  return each.map((part, i) => part ?? (i === 0 ? all[0] : LIST + all[i])).join("");
}

/** Null: unknown. `lists`: a value may be a list too. */
function whole(text: string, depth: number, lists: boolean): string | null {
  if (Object.hasOwn(bundle().words, text)) return word(text);
  if (depth === MAX_DEPTH) return null;
  for (const { english, texts, order } of templates()) {
    const found = valuesIn(text, texts);
    if (found === null || (!lists && found.some((value) => value.includes(LIST)))) continue;
    const values: string[] = [];
    for (const [i, place] of order.entries()) values[place] = parts(found[i] as string, depth + 1);
    return word(english, values);
  }
  return null;
}

/** What stands between `texts`, which follow each other in `text` from its begin to its end; null where they do not. */
function valuesIn(text: string, texts: readonly string[]): string[] | null {
  const [first = "", last = ""] = [texts[0], texts.at(-1)];
  if (!text.startsWith(first) || !text.endsWith(last)) return null;
  const values: string[] = [];
  let at = first.length;
  for (const part of texts.slice(1, -1)) {
    const next = text.indexOf(part, at);
    if (next < 0) return null;
    values.push(text.slice(at, next));
    at = next + part.length;
  }
  if (text.length - last.length < at) return null;
  return [...values, text.slice(at, text.length - last.length)];
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
  const order = [...english.matchAll(/\{(\d+)\}/g)].map(([, place]) => Number(place));
  return { english, texts, letters, order };
}
