import { basename } from "node:path";
import { ConfigError, DataError } from "../errors/index.ts";
import { check, type Options } from "../params/index.ts";
import { readBytes } from "./bytes.ts";
import type { Dataset } from "./dataset.ts";
import { reporter } from "./progress.ts";
import { defineSource } from "./source.ts";
import { cellOf, type TableBuilder } from "./table.ts";
import { tableParams, tabular } from "./tabular.ts";

export type JsonOptions = Options<typeof tableParams>;

/**
 * Reads records: an array of objects, or JSON Lines, an object on each line: `await data.json("data/prices.json", { target: "price" })`.
 * Paths begin at the notebook's folder; the file may be gzipped.
 *
 *   x [N, columns] f32, y [N] i32 (classification) or [N, targets] f32 (regression)
 *
 * The first record names the columns. true and false are 1 and 0. Targets are read as those of `data.csv`. Throws ConfigError for options, DataError
 * naming file, record, column and value for what is not JSON, a value that is missing, or one that is no number where numbers should be.
 */
export const json = defineSource(
  {
    summary: "Records in JSON: an array of objects, or an object on each line.",
    takes: "path: string",
    gives: "Promise<Dataset>",
    example: 'data.json("data/prices.json", { target: "price" })',
    params: tableParams,
  },
  read,
);

async function read(path: string, options: JsonOptions): Promise<Dataset> {
  if (typeof path !== "string") throw new ConfigError(`data.json: the path must be a string, not ${typeof path}`);
  const checked = check(tableParams, options, "data.json");
  const file = basename(path);
  return await tabular({ where: "data.json", file, noun: "record" }, checked, async (table) => {
    const bytes = await readBytes("data.json", path, "cut it in parts, or write it as JSON Lines or CSV");
    await fill(file, bytes, table);
  });
}

const [NEWLINE, BRACKET] = [10, 91];

/** Adds the records of a file to `table`, which begins with the first of them. */
async function fill(file: string, bytes: Uint8Array, table: TableBuilder): Promise<void> {
  const first = bytes.findIndex((byte) => byte > 32 && byte < 128); // a byte order mark is above
  if (first < 0) throw new DataError(`${file} is empty`);
  if (bytes[first] === BRACKET) {
    const records = parsed(bytes.subarray(first), () => file);
    for (const record of records as unknown[]) add(file, record, table);
    if (!table.header) throw new DataError(`${file}: its list has no records`);
    return;
  }
  const progress = reporter(file, bytes.length);
  let line = 0;
  for (let from = first; from < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, from);
    const to = end < 0 ? bytes.length : end;
    line += 1;
    const place = () => `${file}, line ${line}`;
    const text = bytes.subarray(from, to);
    if (text.some((byte) => byte > 32)) add(file, parsed(text, place), table);
    from = to + 1;
    if (line % 4096 === 0) {
      progress(from);
      await new Promise(setImmediate); // an interrupt comes in between
    }
  }
}

function parsed(bytes: Uint8Array, place: () => string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    const form = "a list of objects, or an object on each line, is expected";
    throw new DataError(`${place()}: ${lower((error as Error).message)}; ${form}`, { cause: error });
  }
}

const lower = (message: string): string => message.charAt(0).toLowerCase() + message.slice(1);

function add(file: string, record: unknown, table: TableBuilder): void {
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    const what = JSON.stringify(record)?.slice(0, 40);
    throw new DataError(`${file}, record ${table.line}: ${what} is not an object, such as { "x0": 1, "y": 0 }`);
  }
  if (!table.header) table.begin(Object.keys(record));
  const header = table.header as readonly string[];
  for (const name of Object.keys(record)) {
    if (header.includes(name)) continue;
    throw new DataError(`${file}, record ${table.line}: "${name}" is not in the first record, which names the columns`);
  }
  table.add(header.map((name) => cellOf((record as Record<string, unknown>)[name])));
}
