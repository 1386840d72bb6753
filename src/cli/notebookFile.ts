import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { cellLines, type NotebookCell, type NotebookProblem, parseNotebook } from "../notebook/format.ts";
import { fromPercent } from "../notebook/percent.ts";
import { CommandError } from "./errors.ts";
import type { RecordedCell } from "./recording.ts";
import { didYouMean } from "./suggest.ts";

export interface NotebookFile {
  /** As it was given. */
  name: string;
  /** Absolute. */
  path: string;
  cells: readonly NotebookCell[];
  code: readonly RecordedCell[];
  warnings: readonly string[];
}

/** Throws CommandError when the file cannot be read, or is damaged: a notebook that is half there is not run. */
export function readNotebookFile(name: string): NotebookFile {
  const path = resolve(name);
  const text = read(name, path);
  if (/\.m?ts$/.test(path)) return script(name, path, text);
  const { cells, problems } = parseNotebook(text);
  const say = ({ line, message }: NotebookProblem) => `${name}:${line}: ${message}`;
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new CommandError(errors.map(say).join("\n"));
  const lines = cellLines(text);
  const code: RecordedCell[] = [];
  cells.forEach((cell, i) => {
    if (cell.kind !== "code") return;
    const id = cell.id as string;
    code.push({ cell: { ...cell, id }, index: code.length + 1, line: lines[i] as number, result: null });
  });
  if (code.length === 0) throw new CommandError(`${name}: no cells to run; a cell begins with a line \`\`\`ts {#id}`);
  return { name, path, cells, code, warnings: problems.map(say) };
}

/** A notebook that was exported as a script, or any script that trains. */
function script(name: string, path: string, text: string): NotebookFile {
  const { cells, lines } = fromPercent(text);
  const code: RecordedCell[] = [];
  cells.forEach((cell, i) => {
    if (cell.kind !== "code") return;
    const id = cell.id as string;
    code.push({ cell: { ...cell, id }, index: code.length + 1, line: lines[i] as number, result: null });
  });
  if (code.length === 0) throw new CommandError(`${name}: there is no code in it`);
  return { name, path, cells, code, warnings: [] };
}

function read(name: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EISDIR") throw new CommandError(`"${name}" is a folder; name a .dlnb file in it`);
    if (code !== "ENOENT") throw new CommandError(`"${name}" cannot be read: ${message}`);
    throw new CommandError(`there is no file "${name}"${didYouMean(basename(path), notebooksIn(dirname(path)))}`);
  }
}

function notebooksIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((file) => /.\.dlnb$/.test(file));
  } catch {
    return [];
  }
}
