import type { WriteStream } from "node:tty";
import { styleText } from "node:util";
import { type Progress, plainProgress, progressLine } from "./progress.ts";

type Style = Parameters<typeof styleText>[0];

/** A file gets a line of progress this often at most, and never more than one for an epoch. */
const PLAIN_MS = 2000;
/** A terminal is drawn this often at most. */
const DRAW_MS = 80;

/** Standard output: text scrolls, progress stays in the last line of a terminal. */
export class Terminal {
  readonly #out: WriteStream;
  #bar = "";
  #drawn = 0;
  #plain = { at: Number.NEGATIVE_INFINITY, epoch: -1 };
  #atLineStart = true;

  constructor(out: WriteStream = process.stdout) {
    this.#out = out;
  }

  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#out, validateStream: true });
  }

  /** Text as it is, without a line break at the end. */
  write(text: string): void {
    if (text === "") return;
    this.#clear();
    this.#out.write(text);
    this.#atLineStart = text.endsWith("\n");
  }

  line(text = ""): void {
    this.write(`${this.#atLineStart ? "" : "\n"}${text}\n`);
  }

  progress(cell: number, progress: Progress): void {
    const now = performance.now();
    if (!this.#out.isTTY) {
      const epoch = progress.run?.epoch ?? -1;
      const { at, epoch: last } = this.#plain;
      if (now - at < PLAIN_MS || (progress.run !== null && progress.run.epochs > 0 && epoch === last)) return;
      this.#plain = { at: now, epoch };
      this.line(`  ${plainProgress(progress)}`);
      return;
    }
    if (now - this.#drawn < DRAW_MS) return;
    this.#drawn = now;
    if (!this.#atLineStart) this.line();
    this.#clear();
    this.#bar = progressLine(cell, progress, (this.#out.columns || 80) - 1);
    this.#out.write(this.#bar);
  }

  /** A new piece of work begins: its first line of progress comes without waiting. */
  restart(): void {
    this.#clear();
    this.#plain = { at: performance.now(), epoch: -1 };
  }

  #clear(): void {
    if (this.#bar !== "") this.#out.write("\r\x1b[2K");
    this.#bar = "";
  }
}
