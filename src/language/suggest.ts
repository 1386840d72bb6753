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
  readonly body: string;
  /** It is what an option takes whose value is written here: before all else. */
  readonly expected: boolean;
}

/** What stands in for a value, by the type that its option has: `schedule: |` takes what `schedule.` makes. */
const MAKERS: Readonly<Record<string, string>> = {
  Augmentation: "augment",
  Average: "average",
  Initializer: "init",
  Layer: "nn",
  Loss: "loss",
  Metric: "metrics",
  Optimizer: "optim",
  Regularizer: "regularize",
  Schedule: "schedule",
};

/**
 * Snippets for what is being typed at `offset`, with where the typed text begins. In code only. At the beginning of a statement they go by
 * their prefixes, `sched-one-cycle`; within an expression by the bare name, `adamw`, as well; after `schedule.` by the name
 * alone. Where an option's value begins, all that fit its type are there at once.
 */
export function suggest(
  snippets: Snippets,
  reference: Reference,
  text: string,
  offset: number,
): { start: number; suggestions: Suggestion[] } {
  const none = { start: offset, suggestions: [] };
  const code = codeOf(text);
  const typed = /[\w$][\w$.-]*$/.exec(text.slice(0, offset))?.[0] ?? "";
  const start = offset - typed.length;
  if (code.slice(start, offset) !== typed || !isCode(text.slice(0, offset))) return none;

  const member = /^(\w+)\.([\w$]*)$/.exec(typed);
  if (member !== null) {
    const [, maker = "", word = ""] = member;
    const suggestions = members(snippets, maker, word);
    return { start: offset - word.length, suggestions };
  }
  const maker = makerAt(reference, code, start);
  const within = /[:=(,[?&|>]\s*$/.test(code.slice(0, start)) || /\b(?:await|return)\s+$/.test(code.slice(0, start));
  if (maker === null && typed.length < 2) return none;
  const word = squashed(typed);
  const suggestions = Object.entries(snippets).flatMap(([name, snippet]): Suggestion[] => {
    const expected = maker !== null && name.startsWith(`${maker}.`);
    const bare = name.slice(name.lastIndexOf(".") + 1);
    const fits = (prefix: string) => squashed(prefix).startsWith(word);
    const label =
      (expected && fits(bare) ? bare : undefined) ??
      snippet.prefix.find(fits) ??
      (within && word.length >= 3 && fits(bare) ? bare : undefined);
    if (label === undefined || (within && isStatement(snippet))) return [];
    return [{ name, snippet, label, body: snippet.body.join("\n"), expected }];
  });
  return { start, suggestions };
}

/** `oneCycle`, `one-cycle`, `onecycle` and `one_cycle_` are the same to who looks for it; the group's dash or dot stays. */
const squashed = (name: string) => name.toLowerCase().replace(/(?<=[-.].*)[-_.]|(?<=^[^-.]*)_/g, "");

function members(snippets: Snippets, maker: string, word: string): Suggestion[] {
  return Object.entries(snippets).flatMap(([name, snippet]): Suggestion[] => {
    const body = snippet.body.join("\n");
    const bare = name.slice(maker.length + 1);
    if (!name.startsWith(`${maker}.`) || !squashed(bare).startsWith(squashed(word))) return [];
    if (!body.startsWith(`${name}(`)) return [];
    return [{ name, snippet, label: bare, body: body.slice(maker.length + 1), expected: false }];
  });
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
