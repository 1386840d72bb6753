import type { Readable, Writable } from "node:stream";
import type { Runtime } from "./locate.ts";

export interface KernelEnd {
  /** "exited (code 134)", "was killed (SIGKILL)". */
  how: string;
  /** The last lines it wrote to stderr. */
  lastOutput: string;
  /** The kernel lives on: another client has taken it over. */
  taken?: boolean;
}

/** The way to a kernel process. */
export interface Channel {
  readonly runtime: Runtime;
  readonly input: Writable;
  readonly output: Readable;
  /** Settles when the process has ended or belongs to another client; never rejects. */
  readonly ended: Promise<KernelEnd>;
  /** Whether it has ended, as far as is known at this moment; `ended` may settle later. */
  dead(): boolean;
  /** What the kernel wrote to stderr so far, at the end. */
  lastOutput(): string;
  /** Ends the process at once. */
  kill(): void;
  /** Another client is the kernel's now. */
  taken(): void;
  /** Leaves the kernel to itself: one that does not outlive its client ends. */
  leave(): void;
  /** Whether the kernel goes on without a client, and so has to be told to end. */
  readonly outlives: boolean;
}

const LAST_LINES = 20;

/** Text of a kernel's stderr in lines, of which the last are kept. */
export class LogLines {
  readonly #last: string[] = [];
  readonly #onLine: (line: string) => void;
  #rest = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split(/\r?\n/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#add(line);
  }

  end(): void {
    if (this.#rest !== "") this.#add(this.#rest);
    this.#rest = "";
  }

  toString(): string {
    return this.#last.join("\n");
  }

  #add(line: string): void {
    this.#last.push(line);
    if (this.#last.length > LAST_LINES) this.#last.shift();
    this.#onLine(line);
  }
}
