import { constants } from "node:fs";
import { lstat, open, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Longer notes are left to an editor. */
export const MAX_NOTES = 1_000_000;

/** Where a run's notes are: Markdown in its folder. */
export const notesOf = (folder: string): string => join(folder, "notes.md");

/** Empty when there are none. Rejects for what is no file, or too long. */
export async function readNotes(folder: string): Promise<string> {
  const path = notesOf(folder);
  try {
    const found = await lstat(path);
    if (!found.isFile()) throw new Error(`${path} is no file`);
    if (found.size > MAX_NOTES) throw new Error(`${path} is too long to be shown here`);
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

/** Writes them whole or not at all. */
export async function writeNotes(folder: string, text: string): Promise<void> {
  const path = notesOf(folder);
  const found = await lstat(path).catch(() => null);
  if (found !== null && !found.isFile()) throw new Error(`${path} is no file`);
  const temporary = `${path}.tmp`;
  const file = await open(
    temporary,
    constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0),
  );
  try {
    await writeFile(file, text, "utf8");
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** The file, made when there is none. */
export async function notesFile(folder: string): Promise<string> {
  const path = notesOf(folder);
  await open(path, "a").then((file) => file.close());
  return path;
}
