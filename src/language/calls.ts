/** Brackets, calls and options of a cell's code, read without a kernel; also of code that does not parse. Texts are those of `codeOf(text, "_")`. */

/** A stretch of the text: `start` up to but without `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A call whose arguments lie in `inside`: `exp.fit` in `await exp.fit({ epochs: 3 })`. */
export interface Call {
  readonly chain: string;
  /** Where the chain of names begins. */
  readonly start: number;
  /** Between the brackets. */
  readonly inside: Span;
}

/** One of an object's properties. */
export interface Property extends Span {
  readonly name: string;
  /** Without white space around it; a shorthand's is its name. */
  readonly value: Span;
}

const CHAIN = /(?:[\w$]+\s*\.\s*)*[\w$]+\s*$/;
/** What stands before a bracket of its own: `if (...)`. */
const WORDS = new Set(["if", "for", "while", "switch", "catch", "return", "await", "typeof", "function", "of", "in"]);

/** Position of the bracket that is open at `at`, or -1. */
export function opening(code: string, at: number): number {
  let depth = 0;
  for (let i = at - 1; i >= 0; i--) {
    const char = code[i] as string;
    if (")}]".includes(char)) depth++;
    else if ("({[".includes(char) && depth-- === 0) return i;
  }
  return -1;
}

/** Position of what closes the bracket at `open`; the text's end where nothing does. */
function closing(code: string, open: number): number {
  let depth = 0;
  for (let i = open; i < code.length; i++) {
    const char = code[i] as string;
    if ("({[".includes(char)) depth++;
    else if (")}]".includes(char) && --depth === 0) return i;
  }
  return code.length;
}

/** The call that opens at the bracket, or null where the bracket belongs to none. */
function callAt(code: string, open: number): Call | null {
  const [written] = CHAIN.exec(code.slice(0, open)) ?? [];
  const chain = written?.replace(/\s/g, "");
  if (written === undefined || chain === undefined || WORDS.has(chain)) return null;
  return { chain, start: open - written.length, inside: { start: open + 1, end: closing(code, open) } };
}

/** Calls around a place, innermost first; a place on a call's name or at its brackets is within it. */
export function callsAround(code: string, at: number): Call[] {
  return callsIn(code)
    .filter(({ start, inside }) => start <= at && at <= inside.end + 1)
    .sort((a, b) => b.inside.start - a.inside.start);
}

/** All calls of the text, in the order of their brackets. */
export function callsIn(code: string): Call[] {
  return [...code.matchAll(/\(/g)].map(({ index }) => callAt(code, index)).filter((call) => call !== null);
}

/** What commas divide between two places, at their own depth, trimmed; without an empty end. */
export function parts(code: string, { start, end }: Span): Span[] {
  const found: Span[] = [];
  let from = start;
  for (let i = start, depth = 0; i <= end; i++) {
    const char = code[i] ?? "";
    if (i < end && "({[".includes(char)) depth++;
    else if (i < end && ")}]".includes(char)) depth--;
    if (i < end && !(char === "," && depth === 0)) continue;
    found.push(trimmed(code, { start: from, end: i }));
    from = i + 1;
  }
  return found.filter((part, i) => part.end > part.start || i < found.length - 1);
}

/** The object of options among a call's arguments, between its braces; the last one, as options come after what has no name. */
export function optionsOf(code: string, call: Call): Span | null {
  const object = parts(code, call.inside).findLast(({ start }) => code[start] === "{");
  if (object === undefined) return null;
  return { start: object.start + 1, end: object.end - (code[object.end - 1] === "}" ? 1 : 0) };
}

export function propertiesOf(code: string, object: Span): Property[] {
  return parts(code, object).flatMap((part): Property[] => {
    const text = code.slice(part.start, part.end);
    const named = /^([\w$]+)\s*:\s*/.exec(text);
    if (named)
      return [{ ...part, name: named[1] as string, value: { start: part.start + named[0].length, end: part.end } }];
    return /^[\w$]+$/.test(text) ? [{ ...part, name: text, value: part }] : [];
  });
}

function trimmed(code: string, { start, end }: Span): Span {
  const text = code.slice(start, end);
  const from = start + (text.length - text.trimStart().length);
  return { start: from, end: Math.max(from, start + text.trimEnd().length) };
}
