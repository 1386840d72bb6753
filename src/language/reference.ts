import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** What is known of something that a cell can call: made from the engine's declarations by `npm run generate`. */
export interface Entry {
  readonly summary: string;
  /** Of a method or function: what it takes and gives, `(path: string, { ... }): Promise<string>`. */
  readonly form?: string;
  /** A call of it that works in a cell. */
  readonly example?: string;
  /** A formula or an update rule, line by line. */
  readonly rule?: readonly string[];
  readonly paper?: string;
  readonly cost?: string;
  /** What else is known of it, in a sentence. */
  readonly note?: string;
  /** The option that may come first, without its name. */
  readonly positional?: string;
  /** The option that may come second, likewise. */
  readonly second?: string;
  /** Of an optimizer: the update as a loop over tensors, which runs in a cell. */
  readonly loop?: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
}

export interface Option {
  readonly type: string;
  /** As it is written in a cell; absent when the option must be given. */
  readonly default?: string;
  readonly range?: string;
  readonly doc: string;
}

/** Entries by the name they are called by, `optim.adamw`; methods begin with a dot, `.fit`, `.inspect.batchNorm`. */
export type Reference = Readonly<Record<string, Entry>>;

export async function readReference(extensionPath: string): Promise<Reference> {
  return JSON.parse(await readFile(join(extensionPath, "snippets", "library.json"), "utf8")) as Reference;
}

/** The entry of a chain of names, `optim.adamw` or `exp.inspect.batchNorm`, with the name it is known by. */
export function entryOf(reference: Reference, chain: string): { name: string; entry: Entry } | null {
  const name = chain in reference ? chain : chain.replace(/^[^.]*/, "");
  const entry = Object.hasOwn(reference, name) ? reference[name] : undefined;
  return entry ? { name, entry } : null;
}
