import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/**
 * The append-only record of a run: one JSON object per line in `<folder>/log.jsonl`, written (not buffered) before
 * anybody is told. Lines:
 *   { event: "start", run, name, time, config, seed, versions, backend, adapter, model }
 *   { event: "steps", from, loss: [...], lr: [...] }      one per submit, `from` is the first step's number
 *   { event: "epoch", epoch, step, train, valid }
 *   { event: "checkpoint", file, step, why }
 *   { event: "end", stopped, steps, seconds, final }
 * A run without a folder (an untitled notebook) keeps nothing.
 */
export class RunLog {
  readonly folder: string | null;
  readonly #fd: number | null;

  constructor(folder: string | null) {
    this.folder = folder;
    if (folder === null) {
      this.#fd = null;
      return;
    }
    mkdirSync(join(folder, "checkpoints"), { recursive: true });
    this.#fd = openSync(join(folder, "log.jsonl"), "a");
  }

  write(line: { readonly event: string } & Readonly<Record<string, unknown>>): void {
    if (this.#fd === null) return;
    writeSync(
      this.#fd,
      `${JSON.stringify(line, (_, v) => (typeof v === "number" && !Number.isFinite(v) ? String(v) : v))}\n`,
    );
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
  }
}
