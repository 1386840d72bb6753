import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { data, sources, syntheticSets, transforms } from "../data/index.ts";
import { HostTensor } from "../tensor/index.ts";
import { isPlain, UNKNOWN } from "./values.ts";

/** Files of one set that are read for an analysis at most, and how much of them. */
const MOST_FILES = 20_000;
const MOST_BYTES = 32 * 2 ** 20;
/** Examples of a set that is made, not read. */
const MOST_MADE = 1_000_000;
/** Sets that are kept. */
const MOST_SETS = 8;

const functions = data as unknown as Readonly<Record<string, unknown>>;
const readers = new Map<unknown, string>(
  [...Object.keys(sources), ...Object.keys(syntheticSets)].map((name) => [functions[name], name]),
);

/** The functions that make transforms. */
export const makesTransform: ReadonlySet<unknown> = new Set(Object.keys(transforms).map((name) => functions[name]));

/** Data sets of cells, each read once and kept until its files or options change. */
export class Sources {
  readonly #kept = new Map<string, unknown>();

  static reads(fn: unknown): boolean {
    return readers.has(fn);
  }

  /** What a function of `data` gives, or UNKNOWN for what is too large to read for an analysis. */
  read(fn: unknown, given: readonly unknown[], folder: string): unknown {
    const call = fn as (...given: readonly unknown[]) => unknown;
    const name = readers.get(fn);
    if (Number((given[0] as { n?: unknown } | null | undefined)?.n) > MOST_MADE) return UNKNOWN;
    // unpacked sets are written to a file
    if (given.some((each) => (each as { stream?: unknown } | null | undefined)?.stream === true)) return UNKNOWN;
    if (name === "tensors") return call(...given);
    const files = { count: 0, bytes: 0, stamp: "" };
    if (given.some((each) => !measured(each, folder, files))) return UNKNOWN;
    const text = keyOf(given);
    if (text === null) return UNKNOWN;
    const key = `${name} ${folder} ${files.stamp} ${text}`;
    if (this.#kept.has(key)) {
      const known = this.#kept.get(key);
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known;
    }
    const made = call(...given);
    this.#kept.set(key, made);
    // a file may be there next time
    if (made instanceof Promise) made.catch(() => this.#kept.delete(key));
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_SETS) break;
      this.#kept.delete(oldest);
    }
    return made;
  }
}

function keyOf(given: readonly unknown[]): string | null {
  try {
    return JSON.stringify(given, (_, value: unknown) => {
      if (typeof value === "function" || value instanceof HostTensor) throw new Error("no plain data");
      return value;
    });
  } catch {
    return null;
  }
}

interface Files {
  count: number;
  bytes: number;
  stamp: string;
}

/** Adds up the files that texts among the arguments name; false when they are too many or too large. */
function measured(given: unknown, folder: string, files: Files): boolean {
  if (typeof given === "string")
    return given.includes("\0") || given.length > 4096 || added(resolve(folder, given), files, 3);
  if (Array.isArray(given)) return given.length > 100 || given.every((each) => measured(each, folder, files));
  if (typeof given !== "object" || given === null || !isPlain(given)) return true;
  return Object.values(given).every((each) => typeof each !== "string" || measured(each, folder, files));
}

function added(path: string, files: Files, depth: number): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return true;
  files.stamp += `${path}:${stat.mtimeMs}:${stat.size};`;
  if (stat.isDirectory()) {
    if (depth === 0) return true;
    const names = readdirSync(path);
    if (names.length > MOST_FILES) return false;
    return names.every((name) => added(join(path, name), files, depth - 1));
  }
  files.count++;
  files.bytes += stat.size;
  return files.count <= MOST_FILES && files.bytes <= MOST_BYTES;
}
