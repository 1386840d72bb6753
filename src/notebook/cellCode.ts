/** An experiment or a run that a cell's text makes: `const exp = experiment({ ... })`, `const run = await exp.fit()`. */
export interface Declared {
  name: string;
  kind: "experiment" | "run";
  /** Of a run: the experiment that was trained. */
  of: string | null;
  /** Of an experiment that a function makes, `const exp = make(64)`: the function. */
  by: string | null;
}

/** A name as the language has it: letters of any alphabet. */
const NAME = String.raw`[\p{ID_Start}$_][\p{ID_Continue}$]*`;

/**
 * The text with everything that is not code as spaces: comments, strings, regular expressions. Positions and lines stay
 * true. For looking at cells without a kernel, also those that do not parse. `quoted` takes the place of what is no comment.
 */
export function codeOf(text: string, quoted = " "): string {
  const blank = (part: string) => part.replace(/[^\n]/g, /^\/[/*]/.test(part) ? " " : quoted);
  const quiet =
    /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|`(?:\\[\s\S]|[^`\\])*`?|(?<=[=(,:;!&|?{}[\n]\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/g;
  return text.replace(quiet, blank);
}

/**
 * Experiments and runs that the text's own statements give a name, in their order; `makers` are the functions of the notebook
 * that make experiments.
 */
export function declared(text: string, makers: ReadonlySet<string> = makersIn([text])): Declared[] {
  const code = codeOf(text);
  const start = String.raw`(?:^|[;,\n])[ \t]*(?:(?:const|let|var)\s+)?(${NAME})\s*(?::[^=;\n]+)?=\s*`;
  const made = new RegExp(
    String.raw`${start}(?:experiment\s*\(|await\s+(${NAME})\s*\.\s*fit\s*\(|(${NAME})\s*\.\s*load\s*\(|(?:await\s+)?(${NAME})\s*\()`,
    "gu",
  );
  return [...code.matchAll(made)].flatMap(({ index, 1: name = "", 2: fitted, 3: loaded, 4: called }): Declared[] => {
    if (depthAt(code, index) !== 0 || (called !== undefined && !makers.has(called))) return [];
    const of = fitted ?? loaded ?? null;
    return [{ name, kind: of === null ? "experiment" : "run", of, by: called ?? null }];
  });
}

/** Names of the functions that make an experiment, as texts of cells declare them: `const make = (lr) => experiment({ ... })`. */
export function makersIn(texts: readonly string[]): Set<string> {
  const head = new RegExp(
    String.raw`(?<=^|[;\n])[ \t]*(?:async\s+)?(?:function\s+(${NAME})\s*\(|(?:const|let|var)\s+(${NAME})\s*(?::[^=;\n]+)?=\s*(?:async\s*)?(?:\(|${NAME}\s*=>|function\b))`,
    "gu",
  );
  const made = texts.flatMap((text) => {
    const code = codeOf(text);
    return [...code.matchAll(head)].flatMap(({ index, 1: named, 2: assigned }) => {
      if (depthAt(code, index) !== 0) return [];
      const body = code.slice(index, statementEnd(code, index));
      return /=>|\bfunction\b/.test(body) && /(?<![\w$.])experiment\s*\(/.test(body) ? [named ?? assigned ?? ""] : [];
    });
  });
  return new Set(made);
}

/** Where the statement that begins at `start` has ended: at a semicolon, or at a line that begins something else. */
function statementEnd(code: string, start: number): number {
  let depth = 0;
  for (let i = start; i < code.length; i++) {
    const char = code[i] as string;
    if ("({[".includes(char)) depth++;
    else if (")}]".includes(char)) depth--;
    else if (depth === 0 && (char === ";" || (char === "\n" && /^[\p{ID_Start}$_]/u.test(code.slice(i + 1))))) return i;
  }
  return code.length;
}

/** Whether running the text trains something. */
export function trains(text: string): boolean {
  return /\.\s*fit\s*\(/.test(codeOf(text));
}

/** The last line with an awaited call, from 0, and the name it is called on: `exp` in `await exp.preflight()`. */
export function lastCall(text: string): { line: number; on: string } | null {
  const code = codeOf(text);
  const last = [...code.matchAll(new RegExp(String.raw`\bawait\s+(${NAME})\s*[.(]`, "gu"))].at(-1);
  if (last === undefined) return null;
  return { line: code.slice(0, last.index).split("\n").length - 1, on: last[1] ?? "" };
}

/** Brackets that are open at `end`. */
function depthAt(code: string, end: number): number {
  let depth = 0;
  for (const char of code.slice(0, end)) {
    if ("({[".includes(char)) depth++;
    else if (")}]".includes(char)) depth--;
  }
  return depth;
}
