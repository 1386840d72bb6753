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
  const found = await lstat(path).catch(() => null);
  if (found !== null && !found.isFile()) throw new Error(`${path} is no file`);
  await open(path, "a").then((file) => file.close());
  return path;
}

type Told =
  | { readonly type: "notes"; readonly text: string; readonly why: string }
  | { readonly type: "saved"; readonly edit: number };

/**
 * The notes of a run while they are edited on a page. Every key is written, for a window may go at any moment without a word; what is typed
 * while a text is being written waits for it, and only the newest is written then.
 */
export class NotesFile {
  readonly #folder: string;
  readonly #tell: (told: Told) => void;
  /** What the file says, as far as is known. */
  #text: string | null = null;
  #waiting: { readonly text: string; readonly edit: number } | null = null;
  #edits = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: string, tell: (told: Told) => void) {
    this.#folder = folder;
    this.#tell = tell;
  }

  /** Reads the file, and tells what it says when that is news: somebody may have changed it in an editor. `always`: to a page that knows nothing yet. */
  async look(always = false): Promise<void> {
    if (this.#waiting !== null && !always) return;
    await this.#writing;
    const edits = this.#edits;
    try {
      const text = await readNotes(this.#folder);
      if (this.#edits > edits || (text === this.#text && !always)) return;
      this.#text = text;
      this.#tell({ type: "notes", text, why: "" });
    } catch (error) {
      this.#tell({ type: "notes", text: "", why: error instanceof Error ? error.message : String(error) });
    }
  }

  /** The page's text, its `edit`-th; resolves when it, or a later one, is in the file. */
  async edit(text: string, edit: number): Promise<void> {
    this.#edits++;
    this.#waiting = { text, edit };
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  /** Once all that was typed by now is in the file. */
  async written(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    if (this.#waiting === null) return;
    const { text, edit } = this.#waiting;
    this.#waiting = null;
    try {
      if (text !== this.#text) await writeNotes(this.#folder, text);
      this.#text = text;
      this.#tell({ type: "saved", edit });
    } catch (error) {
      this.#tell({ type: "notes", text, why: error instanceof Error ? error.message : String(error) });
    }
  }
}
