import { createReadStream } from "node:fs";
import { basename } from "node:path";
import Papa from "papaparse";
import { ConfigError, DataError } from "../errors/index.ts";
import { check, type Options, text } from "../params/index.ts";
import type { Dataset } from "./dataset.ts";
import { fileAt } from "./file.ts";
import { reporter } from "./progress.ts";
import { defineSource } from "./source.ts";
import type { TableBuilder } from "./table.ts";
import { tableParams, tabular } from "./tabular.ts";

const csvParams = {
  ...tableParams,
  delimiter: text("", "Between two values; a tab in files called .tsv or .tab, else found by itself, when empty."),
};

export type CsvOptions = Options<typeof csvParams>;

async function read(path: string, options: CsvOptions): Promise<Dataset> {
  if (typeof path !== "string") throw new ConfigError(`data.csv: the path must be a string, not ${typeof path}`);
  const { delimiter, ...rest } = check(csvParams, options, "data.csv");
  const separator = delimiter || (/\.(tsv|tab)$/i.test(path) ? "\t" : "");
  const file = basename(path);
  return await tabular({ where: "data.csv", file, noun: "line" }, rest, (table) => parse(path, separator, table));
}

/**
 * Reads a table with a header line: `await data.csv("data/digits.csv", { target: "y" })`. Paths begin at the notebook's folder.
 *
 *   x [N, columns] f32, y [N] i32 (classification) or [N, targets] f32 (regression)
 *
 * The target is classification when `task` says so, or when it is not given and the target is text, or whole numbers of at
 * most 50 different values; classes are sorted, by number where they are numbers. Throws ConfigError for options, DataError
 * naming file, line, column and value for a file that is missing or empty, a ragged line, or text where numbers should be.
 */
export const csv = defineSource(
  {
    summary: "A table with a header line, its values separated by commas, tabs or another character.",
    takes: "path: string",
    gives: "Promise<Dataset>",
    example: 'data.csv("data/digits.csv", { target: "y" })',
    params: csvParams,
  },
  read,
);

/** Reads the lines of a file piece by piece. Tells the cell how far it is, and stops when it is interrupted. */
async function parse(path: string, delimiter: string, table: TableBuilder): Promise<void> {
  const file = basename(path);
  const { full, bytes } = fileAt("data.csv", path);
  const stream = createReadStream(full, "utf8");
  const progress = reporter(file, bytes);
  try {
    await new Promise<void>((done, fail) => {
      let failed = false;
      Papa.parse<string[]>(stream, {
        delimiter,
        chunk: ({ data, errors }, parser) => {
          try {
            progress(stream.bytesRead);
            const quotes = errors.find((e) => e.type === "Quotes");
            if (quotes)
              throw new DataError(`${file}, line ${table.line + (quotes.row ?? 0)}: ${lower(quotes.message)}`);
            for (const row of data) add(row, file, table);
          } catch (error) {
            failed = true;
            parser.abort();
            fail(error);
          }
        },
        complete: () => !failed && done(),
        error: fail,
      });
    });
  } catch (error) {
    // thrown between the pieces of the file, where no stack leads back to the cell: here it does
    if (error instanceof Error) Error.captureStackTrace(error);
    throw error;
  } finally {
    stream.destroy();
  }
}

/** The values of a line, the first of which names the columns; empty lines are passed over. */
function add(row: readonly string[], file: string, table: TableBuilder): void {
  const { line } = table;
  if (row.length === 1 && (row[0] as string).trim() === "") table.line += 1;
  else if (table.header) table.add(row);
  else {
    const header = row.map((name, i) => (i === 0 ? name.replace(/^\uFEFF/, "") : name).trim());
    if (header.every((name) => name !== "" && Number.isFinite(Number(name)))) {
      throw new DataError(`${file}, line ${line}: numbers where the names of the columns should be; add a header line`);
    }
    table.begin(header);
    table.line += 1;
  }
  // a quoted value may hold line ends
  table.line += row.reduce((n, cell) => n + (cell.includes("\n") ? cell.split("\n").length - 1 : 0), 0);
}

const lower = (message: string): string => message.charAt(0).toLowerCase() + message.slice(1).replace(/\.$/, "");
