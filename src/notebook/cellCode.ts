/** An experiment or a run that a cell's text makes: `const exp = experiment({ ... })`, `const run = await exp.fit()`. */
export interface Declared {
  name: string;
  kind: "experiment" | "run";
  /** Of a run: the experiment that was trained. */
  of: string | null;
}

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

/** Experiments and runs that the text's own statements give a name, in their order. */
export function declared(text: string): Declared[] {
  const code = codeOf(text);
  const made =
    /(?:^|[;,\n])[ \t]*(?:(?:const|let|var)\s+)?([\w$]+)\s*(?::[^=;\n]+)?=\s*(?:experiment\s*\(|await\s+([\w$]+)\s*\.\s*fit\s*\(|([\w$]+)\s*\.\s*load\s*\()/g;
  return [...code.matchAll(made)]
    .filter(({ index }) => depthAt(code, index) === 0)
    .map(([, name = "", fitted, loaded]): Declared => {
      const of = fitted ?? loaded ?? null;
      return { name, kind: of === null ? "experiment" : "run", of };
    });
}

/** Whether running the text trains something. */
export function trains(text: string): boolean {
  return /\.\s*fit\s*\(/.test(codeOf(text));
}

/** The last line with an awaited call, from 0, and the name it is called on: `exp` in `await exp.preflight()`. */
export function lastCall(text: string): { line: number; on: string } | null {
  const code = codeOf(text);
  const last = [...code.matchAll(/\bawait\s+([\w$]+)\s*[.(]/g)].at(-1);
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
