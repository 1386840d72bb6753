import { closeSync, fstatSync, openSync, readSync, truncateSync } from "node:fs";
import { LogLines } from "./channel.ts";

const [LOOK_MS, MOST_READ, MOST_KEPT] = [1000, 64 * 1024, 4 * 2 ** 20];

/** A file that a kernel's stderr goes to, read as it grows; of much at once only the end, and cut when it becomes large. */
export class LogFile {
  readonly #path: string;
  readonly #lines: LogLines;
  readonly #timer: NodeJS.Timeout;
  #at = 0;

  constructor(path: string, onLine: (line: string) => void) {
    this.#path = path;
    this.#lines = new LogLines(onLine);
    this.#timer = setInterval(() => this.#read(), LOOK_MS);
    this.#timer.unref();
  }

  /** Reads what is there and looks no further. */
  end(): void {
    clearInterval(this.#timer);
    this.#read();
    this.#lines.end();
  }

  /** The last lines. */
  toString(): string {
    return String(this.#lines);
  }

  #read(): void {
    try {
      const file = openSync(this.#path, "r");
      try {
        const { size } = fstatSync(file);
        const from = Math.max(Math.min(this.#at, size), size - MOST_READ);
        const bytes = Buffer.alloc(size - from);
        const count = readSync(file, bytes, 0, bytes.length, from);
        this.#at = from + count;
        if (count > 0) this.#lines.push(bytes.toString("utf8", 0, count));
      } finally {
        closeSync(file);
      }
      if (this.#at > MOST_KEPT) {
        // the kernel appends, so it goes on from the start
        truncateSync(this.#path);
        this.#at = 0;
      }
    } catch {
      // the file is gone: there is nothing to read
    }
  }
}
