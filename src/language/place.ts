import { codeOf } from "../notebook/cellCode.ts";
import { opening } from "./calls.ts";

/** What stands at a place of a cell. */
export interface Place {
  readonly start: number;
  readonly end: number;
  /** The names up to the word, `exp.inspect.batchNorm`, where it is one of a chain. */
  readonly chain: string;
  /** The call in whose options the word is a name, as a chain; null when it is none. */
  readonly optionOf: string | null;
}

/** The word at `offset`, or null where there is none: in a string, a comment, between words. */
export function placeAt(text: string, offset: number): Place | null {
  const code = codeOf(text);
  for (const { index, 0: word } of code.matchAll(/[\w$]+/g)) {
    const end = index + word.length;
    if (offset < index || offset > end) continue;
    if (/^\d/.test(word)) return null;
    const [chain = word] = /(?:[\w$]+\s*\.\s*)*[\w$]+$/.exec(code.slice(0, end)) ?? [];
    const isName = /^\s*(?:[:,}]|$)/.test(code.slice(end)) && !/\.\s*$/.test(code.slice(0, index));
    return { start: index, end, chain: chain.replace(/\s/g, ""), optionOf: isName ? optionsAt(code, index) : null };
  }
  return null;
}

/** The call that has the object around `at` among its arguments, or the name of the option whose value that is. */
export function optionsAt(code: string, at: number): string | null {
  const open = opening(code, at);
  if (open < 0 || code[open] !== "{" || !/[{,]\s*$/.test(code.slice(open, at))) return null;
  const before = code.slice(0, open);
  const option = /([\w$]+)\s*:\s*$/.exec(before);
  if (option) return option[1] as string;
  const call = opening(code, open);
  if (call < 0 || code[call] !== "(") return null;
  const [chain] = /(?:[\w$]+\s*\.\s*)*[\w$]+\s*$/.exec(code.slice(0, call)) ?? [];
  return chain?.replace(/\s/g, "") ?? null;
}
