import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** Chosen kernels by adapter, then by what they are for. */
type Table = Record<string, Record<string, string>>;

/** The file in the system's folder for caches; null where the system names none. */
export function choicesFile(): string | null {
  const { env, platform } = process;
  const folder =
    platform === "win32"
      ? env.LOCALAPPDATA
      : platform === "darwin"
        ? join(homedir(), "Library", "Caches")
        : (env.XDG_CACHE_HOME ?? join(homedir(), ".cache"));
  return folder ? join(folder, "dlnb", "kernels.json") : null;
}

/**
 * Which kernels were found to be fastest on an adapter, kept in a file between processes. Deleting the file has them
 * measured again. A file that cannot be read counts as empty and one that cannot be written is left alone, both said
 * in the log: choices are a matter of speed only.
 */
export class Choices {
  readonly #file: string | null;
  readonly #adapter: string;
  readonly #log: (text: string) => void;
  readonly #known: Map<string, string>;

  /** `adapter` names the device, its driver and the kernels there are to choose from. */
  constructor(file: string | null, adapter: string, log: (text: string) => void) {
    this.#file = file;
    this.#adapter = adapter;
    this.#log = log;
    this.#known = new Map(Object.entries(this.#read()[adapter] ?? {}));
  }

  get(key: string): string | undefined {
    return this.#known.get(key);
  }

  set(key: string, name: string): void {
    this.#known.set(key, name);
    if (!this.#file) return;
    // another process may have added its own meanwhile
    const table = this.#read();
    table[this.#adapter] = { ...table[this.#adapter], ...Object.fromEntries(this.#known) };
    try {
      const folder = dirname(this.#file);
      mkdirSync(folder, { recursive: true });
      const fresh = join(folder, `${randomUUID()}.tmp`);
      writeFileSync(fresh, `${JSON.stringify(table, null, 2)}\n`);
      renameSync(fresh, this.#file);
    } catch (error) {
      this.#log(`webgpu: the choice of kernels cannot be kept in ${this.#file}: ${(error as Error).message}`);
    }
  }

  #read(): Table {
    if (!this.#file) return {};
    try {
      return asTable(JSON.parse(readFileSync(this.#file, "utf8")));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
        this.#log(`webgpu: ${this.#file} is not used: ${(error as Error).message}`);
      }
      return {};
    }
  }
}

function asTable(value: unknown): Table {
  if (!isRecord(value)) throw new Error("it holds no table of adapters");
  const table: Table = {};
  for (const [adapter, choices] of Object.entries(value)) {
    if (!isRecord(choices)) throw new Error(`it holds no choices for ${adapter}`);
    const texts = Object.entries(choices).filter((entry): entry is [string, string] => typeof entry[1] === "string");
    table[adapter] = Object.fromEntries(texts);
  }
  return table;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
