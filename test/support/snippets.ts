import { readFileSync } from "node:fs";

export interface Snippet {
  prefix: readonly string[];
  body: readonly string[];
  description: string;
}

/** The snippets that the extension brings, by name. */
export const snippets = JSON.parse(
  readFileSync(new URL("../../snippets/dlnb.json", import.meta.url), "utf8"),
) as Readonly<Record<string, Snippet>>;

/** What stands in the cell when a snippet is accepted and nothing typed: `${1:text}` is its text, `${1|a,b|}` its first choice. */
export function accepted({ body }: Snippet): string {
  const unescaped = (text: string) => text.replace(/\\([\\$},|])/g, "$1");
  return body
    .join("\n")
    .replace(/\$\{\d+\|((?:\\.|[^,|\\])*)(?:(?!\|\}).)*\|\}/g, (_, first: string) => unescaped(first))
    .replace(/\$\{\d+:((?:\\.|[^}\\])*)\}/g, (_, text: string) => unescaped(text))
    .replace(/\$\d+/g, "");
}
