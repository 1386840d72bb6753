import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Analyst } from "../../../engine/language/index.ts";
import type { CellAnalysis } from "../../../engine/protocol/index.ts";
import { readNotebook } from "../../../src/notebook/read.ts";

export const examples = join(import.meta.dirname, "../../../examples");

export interface Cell {
  readonly cell: string;
  readonly text: string;
}

/** Example notebooks by name, with their code cells. */
export const notebooks: readonly { readonly name: string; readonly path: string; readonly cells: readonly Cell[] }[] =
  readdirSync(examples)
    .filter((name) => name.endsWith(".dlnb"))
    .map((name) => {
      const path = join(examples, name);
      const { cells } = readNotebook(readFileSync(path, "utf8"));
      const code = cells.flatMap(({ kind, id, text }, i) =>
        kind === "code" ? [{ cell: id ?? `cell ${i}`, text }] : [],
      );
      return { name, path, cells: code };
    });

/** What is said of cells that lie beside the examples. */
export async function analyzed(texts: readonly string[], analyst = new Analyst()): Promise<readonly CellAnalysis[]> {
  const cells = texts.map((text, i) => ({ cell: `c${i}`, text }));
  return (await analyst.analyze({ notebook: join(examples, "none.dlnb"), folder: examples, cells })).cells;
}
