import type { CheckedCell } from "../../engine/protocol/index.ts";
import type { Kernel } from "../controller/kernel.ts";
import type { Code } from "./stale.ts";

/** A text that parses; `lines`: where it declares its names, from 1. */
export interface ReadCode extends Code {
  readonly lines: ReadonlyMap<string, number>;
}

/** Texts whose answers are kept. */
const KEPT = 2000;
/** Requests under way at once: a kernel that trains answers between its steps. */
const AT_ONCE = 8;

/** What the kernel says of texts, asked once for each. An answer depends on the text alone, so it outlives the kernel. */
export class Checks {
  readonly #known = new Map<string, ReadCode | null>();
  readonly #asked = new Map<string, Promise<void>>();

  /** Null for a text that does not parse; undefined while nobody has been asked. */
  get(text: string): ReadCode | null | undefined {
    return this.#known.get(text);
  }

  /** Asks for those that are not known; settles when all answers are there, or the kernel has gone. */
  async ask(texts: Iterable<string>, kernel: Kernel): Promise<void> {
    const missing = [...new Set(texts)].filter((text) => !this.#known.has(text));
    const waiting = missing[Symbol.iterator]();
    const work = async () => {
      for (const text of waiting) await this.#one(text, kernel);
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, missing.length) }, work));
  }

  #one(text: string, kernel: Kernel): Promise<void> {
    const under = this.#asked.get(text);
    if (under !== undefined) return under;
    const answer = kernel
      .request("check", { cell: "check", text })
      .then(
        (checked) => this.#keep(text, checked),
        () => undefined,
      )
      .finally(() => this.#asked.delete(text));
    this.#asked.set(text, answer);
    return answer;
  }

  #keep(text: string, { problems, declares, uses, assigns, digest }: CheckedCell): void {
    const lines = new Map(declares.map(({ name, line }) => [name, line]));
    const code = problems.length > 0 ? null : { declares: [...lines.keys()], lines, uses, assigns, digest };
    this.#known.set(text, code);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT && oldest !== undefined) this.#known.delete(oldest);
  }
}
