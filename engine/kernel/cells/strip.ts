import { CellSyntaxError } from "./problem.ts";

/** What the type stripper throws: a plain object; lines from 1, columns from 0. */
interface StripFailure {
  code: "UnsupportedSyntax" | "InvalidSyntax";
  message: string;
  startLine: number;
  startColumn: number;
  endLine: number;
  endColumn: number;
}

let transformSync: typeof import("amaro")["transformSync"] | undefined;

/** Loads the type stripper; `stripTypes` needs it. Takes about 40 ms once. */
export async function loadStripper(): Promise<void> {
  transformSync ??= (await import("amaro")).transformSync;
}

/**
 * TypeScript without its types, which become spaces: every line and column stays where it was.
 * Throws CellSyntaxError where the text is no TypeScript, or has what cannot be erased, saying what to write instead.
 */
export function stripTypes(text: string): string {
  if (!transformSync) throw new Error("stripTypes before loadStripper");
  try {
    return transformSync(text, { mode: "strip-only" }).code;
  } catch (error) {
    if (!isStripFailure(error)) throw error;
    const { startLine, startColumn, endLine, endColumn } = error;
    const source = text.split("\n")[startLine - 1]?.slice(startColumn) ?? "";
    throw new CellSyntaxError({
      message: error.code === "UnsupportedSyntax" ? notErasable(error.message, source) : tidy(error.message),
      line: startLine,
      column: startColumn + 1,
      endLine,
      endColumn: endColumn + 1,
    });
  }
}

const isStripFailure = (e: unknown): e is StripFailure =>
  typeof e === "object" && e !== null && "code" in e && "startLine" in e && typeof e.startLine === "number";

/** The stripper's own words, shortened: it lists every token it would have taken. */
const tidy = (message: string): string => {
  const [first = message] = message.split(". Expected ");
  return first.charAt(0).toLowerCase() + first.slice(1);
};

/** Names the construct and what to write in its place; `source` is the text from its start on. */
function notErasable(message: string, source: string): string {
  const name = /^(?:export\s+)?(?:const\s+)?(?:enum|namespace|module)\s+([\w$]+)/.exec(source)?.[1];
  if (/\benum\b/.test(message))
    return `enum is not erasable; write \`const ${name ?? "Mode"} = { a: 0, b: 1 } as const\` instead`;
  if (/namespace|`module`/.test(message))
    return `namespace is not erasable; write \`const ${name ?? "names"} = { ... }\`, or a file to import, instead`;
  if (/parameter property/.test(message))
    return "parameter properties are not erasable; declare the field and write `this.x = x` in the constructor instead";
  if (/angle-bracket/.test(message)) return "`<T>value` is not erasable; write `value as T` instead";
  if (/import equals/.test(message))
    return '`import x = require("x")` is not erasable; write `import x from "x"` instead';
  if (/export assignment/.test(message)) return "`export =` is not erasable; a cell's names are shared without export";
  return `${tidy(message).replace(/ is not supported in (strip-only|type strip) mode/, " is not erasable")}`;
}
