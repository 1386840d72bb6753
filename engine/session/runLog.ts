import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../errors/index.ts";
import type { RunLogLine } from "../protocol/index.ts";

/** Writes the lines of `engine/protocol/runLog.ts` to `<folder>/log.jsonl`. */
export class RunLog {
  /** Null when nothing is kept. */
  readonly folder: string | null;
  readonly #fd: number | null;

  /** Takes a new folder in `parent` for the run, named after the time, and no other's. */
  constructor(parent: string | null) {
    if (parent === null) {
      this.folder = null;
      this.#fd = null;
      return;
    }
    this.folder = newFolder(parent);
    mkdirSync(join(this.folder, "checkpoints"));
    this.#fd = openSync(join(this.folder, "log.jsonl"), "ax");
  }

  write(line: RunLogLine): void {
    if (this.#fd === null) return;
    // a replacer is asked for every number
    writeSync(this.#fd, `${everyFinite(line) ? JSON.stringify(line) : JSON.stringify(line, spelled)}\n`);
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
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === "EACCES" || code === "EROFS" ? "its folder is read-only" : message;
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
