import { createHash } from "node:crypto";
import type { NotebookCell } from "./format.ts";

/**
 * Ids for code cells in order: a cell keeps its own; one that has none gets six digits of its text's hash, one whose id is taken
 * a number behind it. The same cells always get the same ids.
 */
export function uniqueIds(cells: readonly NotebookCell[]): (string | undefined)[] {
  const code = cells.filter(({ kind }) => kind === "code");
  const own = new Set(code.map(({ id }) => id));
  const taken = new Set<string>();
  return cells.map(({ kind, id, text }) => {
    if (kind !== "code") return undefined;
    const base = id || createHash("sha256").update(text).digest("hex").slice(0, 6);
    let unique = base;
    for (let n = 2; taken.has(unique) || (unique !== id && own.has(unique)); n++) unique = `${base}-${n}`;
    taken.add(unique);
    return unique;
  });
}
