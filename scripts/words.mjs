// What the extension says, for those who put it into other languages: `l10n/bundle.l10n.json`.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const CALL = /\bl10n\.t\(\s*/g;
const LITERAL = /^(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\$]|\\.)*`)\s*[,)]/s;

/**
 * The first arguments of all calls of `l10n.t` under `folder`, in alphabetical order, each by itself. Throws naming file and line for one
 * that is no plain text: it could not be found here, nor translated.
 */
export function wordsOf(folder) {
  const words = new Set();
  for (const name of readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".ts"))) {
    const text = readFileSync(join(folder, name), "utf8");
    for (const { 0: call, index } of text.matchAll(CALL)) {
      const rest = text.slice(index + call.length);
      const literal = LITERAL.exec(rest)?.[0].replace(/\s*[,)]$/, "");
      if (literal === undefined) {
        const line = text.slice(0, index).split("\n").length;
        throw new Error(`${name}:${line}: l10n.t takes a plain text first, not ${rest.slice(0, 30).split("\n")[0]}`);
      }
      words.add(new Function(`return ${literal}`)());
    }
  }
  return Object.fromEntries([...words].sort().map((text) => [text, text]));
}
