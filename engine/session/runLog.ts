import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { placeNow } from "../context/index.ts";
import { StorageError, UserError, whyUnwritten } from "../errors/index.ts";
import type { RunLogLine } from "../protocol/index.ts";

/** How often is looked whether the file still has its place. */
const LOOK_MS = 1000;

/** Writes the lines of `engine/protocol/runLog.ts` to `<folder>/log.jsonl`. */
export class RunLog {
  /** As it was made. */
  readonly #folder: string | null;
  readonly #fd: number | null;
  #length = 0;
  #lookedAt = 0;
  #broken = false;

  /** Takes a new folder in `parent` for the run, named after the time, and no other's. */
  constructor(parent: string | null) {
    if (parent === null) {
      this.#folder = null;
      this.#fd = null;
      return;
    }
    this.#folder = newFolder(parent);
    mkdirSync(join(this.#folder, "checkpoints"));
    this.#fd = openSync(this.#path, "ax");
    this.#lookedAt = performance.now();
  }

  /** Null when nothing is kept. */
  get folder(): string | null {
    return this.#folder === null ? null : placeNow(this.#folder);
  }

  get #path(): string {
    return join(this.folder ?? "", "log.jsonl");
  }

  /**
   * A line, whole or not at all. Throws StorageError when the disk does not take it or the file is no longer where it was;
   * what is written after that is passed over.
   */
  write(line: RunLogLine): void {
    if (this.#fd === null || this.#broken) return;
    if (performance.now() - this.#lookedAt > LOOK_MS) this.verify();
    // a replacer is asked for every number
    const text = everyFinite(line) ? JSON.stringify(line) : JSON.stringify(line, spelled);
    const bytes = Buffer.from(`${text}\n`);
    try {
      // a disk that fills up takes a part first
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
      this.#length += bytes.length;
    } catch (cause) {
      this.#broken = true;
      ftruncateSync(this.#fd, this.#length);
      throw new StorageError(`${this.#path} cannot be written: ${whyUnwritten(cause)}`, { cause });
    }
  }

  /**
   * Throws StorageError when the run's folder is not where it was, or has no folder `part` any more, as while it is being deleted: nothing
   * more is to be put there.
   */
  verify(part = "."): void {
    if (this.#fd === null || this.#broken) return;
    this.#lookedAt = performance.now();
    const same = statSync(this.#path, { throwIfNoEntry: false })?.ino === fstatSync(this.#fd).ino;
    if (same && existsSync(join(this.folder ?? "", part))) return;
    this.#broken = true;
    throw new StorageError(`the run's folder ${this.folder} was moved or deleted while it trained`);
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
  }
}

const spelled = (_: string, v: unknown) => (typeof v === "number" && !Number.isFinite(v) ? String(v) : v);

function everyFinite(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  return (Array.isArray(value) ? value : Object.values(value)).every(everyFinite);
}

/** `<parent>/20261121-052410`, with `-2` and so on behind it when another run, of this or another kernel, began in that second. */
function newFolder(parent: string): string {
  try {
    mkdirSync(parent, { recursive: true });
  } catch (cause) {
    const why = isReadOnly(parent) ? "its folder is read-only" : whyUnwritten(cause);
    throw new UserError(`runs cannot be kept in ${parent}: ${why}; mend that, or copy the notebook to another folder`, {
      cause,
    });
  }
  const time = new Date().toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  for (let n = 1; ; n++) {
    const folder = join(parent, n === 1 ? time : `${time}-${n}`);
    try {
      mkdirSync(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** Whether the innermost folder that there is of this path takes no new ones. */
function isReadOnly(path: string): boolean {
  if (!existsSync(path)) return dirname(path) !== path && isReadOnly(dirname(path));
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch {
    return true;
  }
}
