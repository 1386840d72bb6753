import { lstat, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { line, record } from "./read.ts";

/** What a reader calls a run, and whether it is one of the marked ones. */
export interface RunLabel {
  /** Empty: as its log has it. */
  readonly name: string;
  readonly starred: boolean;
}

export const NO_LABEL: RunLabel = { name: "", starred: false };

const MAX_BYTES = 10_000;

/** Beside the log, which is never written by us. */
const fileOf = (folder: string): string => join(folder, "label.json");

/** What the file says; anybody may have written it. */
export async function readLabel(folder: string): Promise<RunLabel> {
  try {
    const path = fileOf(folder);
    const found = await lstat(path);
    if (!found.isFile() || found.size > MAX_BYTES) return NO_LABEL;
    const { name, starred } = record(JSON.parse(await readFile(path, "utf8")));
    return { name: line(name).trim(), starred: starred === true };
  } catch {
    return NO_LABEL;
  }
}

/** Writes it whole or not at all. */
export async function writeLabel(folder: string, label: RunLabel): Promise<void> {
  const path = fileOf(folder);
  const found = await lstat(path).catch(() => null);
  if (found !== null && !found.isFile()) throw new Error(`${path} is no file`);
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(label)}\n`, { encoding: "utf8", flag: "wx" });
  await rename(temporary, path);
}
