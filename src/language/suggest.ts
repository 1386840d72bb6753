import { MAKERS } from "../../engine/protocol/index.ts";
import { codeOf } from "../notebook/cellCode.ts";
import { opening } from "./calls.ts";
import { optionsAt } from "./place.ts";
import { entryOf, type Reference } from "./reference.ts";

/** As snippets/dlnb.json has them, by what they are of: `schedule.oneCycle`, `findLearningRate`, `recipe.dropout`. */
export interface Snippet {
  /** What is typed for it, best first. */
  readonly prefix: readonly string[];
  /** In the editor's syntax of snippets. */
  readonly body: readonly string[];
  readonly description: string;
}

export type Snippets = Readonly<Record<string, Snippet>>;

/** A snippet that fits where somebody types. */
export interface Suggestion {
  /** What it is of. */
  readonly name: string;
  readonly snippet: Snippet;
  /** What is shown, and what was typed of: an alias, or the function's name after `schedule.`. */
  readonly label: string;
  /** All that it may be typed as from here on, the label first. */
  readonly names: readonly string[];
  readonly body: string;
  /** It is what an option takes whose value is written here: before all else. */
  readonly expected: boolean;
}

/** What fits where somebody types. */
export interface Suggestions {
  /** Where the text begins that a suggestion takes the place of. */
  readonly start: number;
  readonly suggestions: readonly Suggestion[];
  /** Whether further letters leave only some of these. An editor that asks again would meanwhile take what it showed before. */
  readonly complete: boolean;
}

/**
 * Snippets for what is being typed at `offset`. In code only, and never where a name is declared or an option named. At the beginning of a
 * statement they go by their prefixes, `sched-one-cycle`; within an expression by the bare name, `adamw`, as well; after `schedule.` by
 * the name alone, or by what others call it. Where an option's value begins, all that fit its type are there at once.
 */
export function suggest(snippets: Snippets, reference: Reference, text: string, offset: number): Suggestions {
  const none = { start: offset, suggestions: [], complete: true };
  const code = codeOf(text);
  const typed = /[\w$][\w$.-]*$/.exec(text.slice(0, offset))?.[0] ?? "";
  const start = offset - typed.length;
  if (code.slice(start, offset) !== typed || !isCode(text.slice(0, offset))) return none;

  const member = /^(\w+)\.([\w$]*)$/.exec(typed);
  if (member !== null) {
    const [, maker = "", word = ""] = member;
    return { start: offset - word.length, suggestions: members(snippets, maker, word), complete: true };
  }
  const before = code.slice(0, start);
  const maker = makerAt(reference, code, start);
  if ((maker === null && typed === "") || isNamed(code, start)) return none;
  const within = /[:=(,[?&|>]\s*$/.test(before) || /\b(?:await|return)\s+$/.test(before);
  const word = squashed(typed);
  const suggestions = Object.entries(snippets).flatMap(([name, snippet]): Suggestion[] => {
    const expected = maker !== null && name.startsWith(`${maker}.`);
    const bare = name.slice(name.lastIndexOf(".") + 1);
    const names = [...(expected ? [bare] : []), ...snippet.prefix, ...(within && !expected ? [bare] : [])];
    const fitting = names.filter((each) => squashed(each).startsWith(word));
    const [label] = fitting;
    if (label === undefined || (within && isStatement(snippet))) return [];
    return [{ name, snippet, label, names: spellings(fitting), body: snippet.body.join("\n"), expected }];
  });
  // behind a dash it is a snippet's prefix that is typed: each shows the one of its names that fits
  return { start, suggestions, complete: suggestions.length === 0 || !typed.includes("-") };
}

/** `oneCycle`, `one-cycle`, `onecycle` and `one_cycle_` are the same to who looks for it; the group's dash or dot stays. */
const squashed = (name: string) => name.toLowerCase().replace(/(?<=[-.].*)[-_.]|(?<=^[^-.]*)_/g, "");

/** Names as they may be typed, each once: `oneCycle`, `one_cycle_`. */
const spellings = (names: readonly string[]): string[] => [
  ...new Set(names.flatMap((name) => [name, `${name.replace(/(?<=[a-z\d])(?=[A-Z])/g, "_").toLowerCase()}_`])),
];

function members(snippets: Snippets, maker: string, word: string): Suggestion[] {
  return Object.entries(snippets).flatMap(([name, snippet]): Suggestion[] => {
    const body = snippet.body.join("\n");
    const bare = name.slice(maker.length + 1);
    // a call without arguments is what the language itself offers
    if (!name.startsWith(`${maker}.`) || !body.startsWith(`${name}(`) || body === `${name}()`) return [];
    const others = snippet.prefix.map((prefix) => prefix.slice(prefix.indexOf("-") + 1));
    const fitting = [bare, ...others].filter((each) => squashed(each).startsWith(squashed(word)));
    if (fitting.length === 0) return [];
    return [
      { name, snippet, label: bare, names: spellings(fitting), body: body.slice(maker.length + 1), expected: false },
    ];
  });
}

/** Whether a name that begins at `at` is one's own to choose, or an option's: behind `const`, in an object before the colon. */
function isNamed(code: string, at: number): boolean {
  const before = code.slice(0, at);
  if (/\b(?:const|let|var|function|class|import|as|type|interface|enum|new)\s+\{?\s*$/.test(before)) return true;
  const open = opening(code, at);
  if (code[open] !== "{" || !/[{,]\s*$/.test(before)) return false;
  return /,\s*$/.test(before) || /(?:[(,:=[?&|]|\breturn)\s*$/.test(code.slice(0, open));
}

/** It declares something, or is more than one expression. */
const isStatement = ({ body }: Snippet) => /^(?:const|let|for|\/\/|\/\*)/.test(body[0] ?? "");

/** The global whose functions make what is expected at `at`, where an option's value or a list's next element begins; else null. */
function makerAt(reference: Reference, code: string, at: number): string | null {
  const open = opening(code, at);
  const isList = code[open] === "[" && /[[,]\s*$/.test(code.slice(0, at));
  const named = /([\w$]+)\s*:\s*$/.exec(code.slice(0, isList ? open : at));
  if (named === null) return null;
  const call = optionsAt(code, named.index);
  const options = call === null ? null : entryOf(reference, call);
  const type =
    options &&
    Object.hasOwn(options.entry.options, named[1] as string) &&
    options.entry.options[named[1] as string]?.type;
  if (!type || isList !== type.includes("[]")) return null;
  return Object.entries(MAKERS).find(([one]) => new RegExp(`\\b${one}\\b`).test(type))?.[1] ?? null;
}

/** Whether what comes next would be code: no string or comment is open. */
const isCode = (before: string): boolean => codeOf(`${before}x`).endsWith("x");
