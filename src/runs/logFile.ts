import { constants } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { isShallow } from "../outputs/depth.ts";

const PIECE_BYTES = 256 * 1024;
/** A longer line is nothing that a kernel writes. */
const MAX_LINE_BYTES = 16 * 2 ** 20;
/** Larger logs are sampled where the whole is not asked for: this many places, and so much of each. */
const WHOLE_BYTES = 2 ** 20;
const PLACES = 22;
const PLACE_BYTES = 64 * 1024;
const NEWLINE = 10;

/** Takes a line as JSON made it: anybody may have written it. */
export type TakeLine = (line: unknown) => void;

/**
 * The lines of a log that is being written, or was: read in pieces, so that nobody waits for a long one, from where the last reading
 * ended. A last line without its end is not taken until that comes. Lines that are no JSON are counted and passed over.
 */
export class LogFile {
  readonly path: string;
  /** Lines that could not be read. */
  damaged = 0;
  #offset = 0;
  /** The beginning of a line whose end is not there yet. */
  #rest: Buffer[] = [];
  #restBytes = 0;
  /** Within a line that is too long. */
  #skipping = false;

  constructor(path: string) {
    this.path = path;
  }

  /** Reads what is new. `false`: the file is shorter than what was read of it, so that it is another one. Rejects when it cannot be read. */
  async follow(take: TakeLine, signal?: AbortSignal): Promise<boolean> {
    return await withFile(this.path, async (file, size) => {
      if (size < this.#offset) return false;
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, Math.max(1, size - this.#offset)));
      while (signal?.aborted !== true) {
        const { bytesRead } = await file.read(piece, 0, piece.length, this.#offset);
        if (bytesRead === 0) break;
        this.#offset += bytesRead;
        this.#take(piece.subarray(0, bytesRead), take);
      }
      return true;
    });
  }

  /**
   * Reads what a list needs: the whole of a log of moderate size, else its beginning, its end and places between, in their order. What
   * is written later is for `follow`. `sampled`: lines are missing. Only for a file of which nothing was read.
   */
  async skim(take: TakeLine): Promise<{ sampled: boolean }> {
    const sampled = await withFile(this.path, async (file, size) => {
      if (size <= WHOLE_BYTES) return false;
      const piece = Buffer.allocUnsafe(PLACE_BYTES);
      await this.#firstLine(file, take);
      const begin = this.#offset;
      for (let i = 1; i <= PLACES; i++) {
        const at = begin + Math.floor(((size - PLACE_BYTES - begin) * i) / PLACES);
        const { bytesRead } = await file.read(piece, 0, piece.length, at);
        const text = piece.subarray(0, bytesRead);
        const from = text.indexOf(NEWLINE) + 1;
        const to = text.lastIndexOf(NEWLINE);
        if (to > from) this.#take(text.subarray(from, to + 1), take);
        if (i < PLACES) continue;
        this.#offset = at + bytesRead;
        if (to >= 0) this.#keep(text.subarray(to + 1));
        else this.#skipping = true;
      }
      return true;
    });
    if (!sampled) await this.follow(take);
    return { sampled };
  }

  async #firstLine(file: FileHandle, take: TakeLine): Promise<void> {
    const piece = Buffer.allocUnsafe(PLACE_BYTES);
    for (let found = false; !found && this.#offset < MAX_LINE_BYTES; ) {
      const { bytesRead } = await file.read(piece, 0, piece.length, this.#offset);
      if (bytesRead === 0) return;
      const end = piece.subarray(0, bytesRead).indexOf(NEWLINE);
      found = end >= 0;
      const bytes = found ? end + 1 : bytesRead;
      this.#offset += bytes;
      this.#take(piece.subarray(0, bytes), take);
    }
  }

  #take(piece: Buffer, take: TakeLine): void {
    let from = 0;
    for (let to = piece.indexOf(NEWLINE); to >= 0; to = piece.indexOf(NEWLINE, from)) {
      const text = piece.subarray(from, to);
      from = to + 1;
      if (this.#skipping) this.#skipping = false;
      else this.#line(this.#restBytes === 0 ? text : Buffer.concat([...this.#rest, text]), take);
      this.#rest = [];
      this.#restBytes = 0;
    }
    this.#keep(piece.subarray(from));
  }

  /** The piece is used again: what waits is copied. */
  #keep(part: Buffer): void {
    if (part.length === 0 || this.#skipping) return;
    this.#rest.push(Buffer.from(part));
    this.#restBytes += part.length;
    if (this.#restBytes <= MAX_LINE_BYTES) return;
    this.damaged++;
    this.#skipping = true;
    this.#rest = [];
    this.#restBytes = 0;
  }

  #line(text: Buffer, take: TakeLine): void {
    if (text.length === 0) return;
    let line: unknown;
    try {
      line = JSON.parse(text.toString("utf8"));
    } catch {
      this.damaged++;
      return;
    }
    // short lines cannot be nested so deep
    if (text.length > 400 && !isShallow(line)) this.damaged++;
    else take(line);
  }
}

/** Opens a file that is one: links lead elsewhere, and pipes never end. */
async function withFile<T>(path: string, work: (file: FileHandle, size: number) => Promise<T>): Promise<T> {
  if (!(await lstat(path)).isFile()) throw new Error(`${path} is no file`);
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    return await work(file, (await file.stat()).size);
  } finally {
    await file.close();
  }
}
