import { createReadStream } from "node:fs";
import { basename } from "node:path";
import Papa from "papaparse";
import { DataError } from "../errors/index.ts";
import { fileAt } from "./file.ts";
import { reporter } from "./progress.ts";

/** Columns that are read as numbers, and those kept as text. */
export interface Wanted {
  readonly numbers: readonly string[];
  readonly texts: readonly string[];
}

export interface Column {
  readonly name: string;
  readonly cells: readonly string[];
  /** `iris.csv, line 3, column "y"`. */
  place(row: number): string;
}

export interface Table {
  readonly rows: number;
  /** [rows, numbers], row-major. */
  readonly numbers: Float32Array;
  readonly texts: readonly Column[];
}

/**
 * Reads a table with a header line, piece by piece, so that only what `choose` picks from the header is kept. Tells the
 * cell how far it is, and stops when it is interrupted. Throws DataError naming file, line, column and value.
 */
export async function readTable(
  path: string,
  delimiter: string,
  choose: (header: readonly string[]) => Wanted,
): Promise<Table> {
  const file = basename(path);
  const { full, bytes } = fileAt("data.csv", path);
  const builder = new Builder(file, choose);
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
              throw new DataError(`${file}, line ${builder.line + (quotes.row ?? 0)}: ${lower(quotes.message)}`);
            for (const row of data) builder.add(row);
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
  return builder.finish();
}

/** A cell as a number. Throws DataError that begins with `place()`. */
export function numberIn(cell: string, place: () => string): number {
  const number = cell.trim() === "" ? Number.NaN : Number(cell);
  if (Number.isFinite(Math.fround(number))) return number;
  if (Number.isFinite(number))
    throw new DataError(`${place()}: ${cell.trim()} is beyond f32, which ends at 3.4e38; scale the column in the file`);
  if (cell.trim() === "")
    throw new DataError(`${place()}: the value is missing; drop the line or leave the column out`);
  throw new DataError(`${place()}: ${JSON.stringify(cell)} is not a number; mend it or leave the column out`);
}

/** Rows as they come, checked and kept in growing arrays. */
class Builder {
  readonly #file: string;
  readonly #choose: (header: readonly string[]) => Wanted;
  #header: readonly string[] | undefined;
  #wanted: Wanted = { numbers: [], texts: [] };
  #numberAt: number[] = [];
  #textAt: number[] = [];
  #numbers = new Float32Array(1 << 12);
  #texts: string[][] = [];
  #lines: number[] = [];
  /** The line in the file that the next row begins on. */
  line = 1;

  constructor(file: string, choose: (header: readonly string[]) => Wanted) {
    this.#file = file;
    this.#choose = choose;
  }

  add(row: readonly string[]): void {
    const line = this.line;
    // a quoted value may hold line ends
    this.line += 1 + row.reduce((n, cell) => n + (cell.includes("\n") ? cell.split("\n").length - 1 : 0), 0);
    if (row.length === 1 && (row[0] as string).trim() === "") return;
    if (!this.#header) {
      this.#begin(row, line);
      return;
    }
    if (row.length !== this.#header.length) {
      throw new DataError(
        `${this.#file}, line ${line}: ${row.length} values where the header has ${this.#header.length}`,
      );
    }
    const count = this.#lines.length * this.#numberAt.length;
    if (count + this.#numberAt.length > this.#numbers.length) {
      const larger = new Float32Array(2 * this.#numbers.length + this.#numberAt.length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    for (const [k, at] of this.#numberAt.entries()) {
      this.#numbers[count + k] = numberIn(row[at] as string, () =>
        this.#place(line, this.#wanted.numbers[k] as string),
      );
    }
    for (const [k, at] of this.#textAt.entries()) this.#texts[k]?.push(row[at] as string);
    this.#lines.push(line);
  }

  #begin(row: readonly string[], line: number): void {
    const header = row.map((name, i) => (i === 0 ? name.replace(/^\uFEFF/, "") : name).trim());
    if (header.every((name) => name !== "" && Number.isFinite(Number(name)))) {
      throw new DataError(
        `${this.#file}, line ${line}: numbers where the names of the columns should be; add a header line`,
      );
    }
    const twice = header.find((name, i) => header.indexOf(name) !== i);
    if (twice !== undefined) throw new DataError(`${this.#file}: column "${twice}" is there twice; rename one`);
    this.#header = header;
    this.#wanted = this.#choose(header);
    this.#numberAt = this.#wanted.numbers.map((name) => header.indexOf(name));
    this.#textAt = this.#wanted.texts.map((name) => header.indexOf(name));
    this.#texts = this.#textAt.map(() => []);
  }

  finish(): Table {
    if (!this.#header) throw new DataError(`${this.#file} is empty`);
    const rows = this.#lines.length;
    if (rows === 0) throw new DataError(`${this.#file}: no lines below the header`);
    return {
      rows,
      numbers: this.#numbers.slice(0, rows * this.#numberAt.length),
      texts: this.#wanted.texts.map((name, k) => ({
        name,
        cells: this.#texts[k] as string[],
        place: (row) => this.#place(this.#lines[row] as number, name),
      })),
    };
  }

  #place(line: number, column: string): string {
    return `${this.#file}, line ${line}, column "${column}"`;
  }
}

const lower = (message: string): string => message.charAt(0).toLowerCase() + message.slice(1).replace(/\.$/, "");
