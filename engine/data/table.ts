import { DataError } from "../errors/index.ts";

/** What stands in a table: numbers as such where the file has them so, else text. */
export type Cell = string | number;

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

/** A value of a file as a cell: missing ones as empty text, booleans as 1 and 0; lists and the like as their JSON, which no column takes. */
export function cellOf(given: unknown): Cell {
  if (typeof given === "number" || typeof given === "string") return given;
  if (given === null || given === undefined) return "";
  if (typeof given === "boolean" || typeof given === "bigint") return Number(given);
  return JSON.stringify(given, (_, value) => (typeof value === "bigint" ? Number(value) : value)).slice(0, 80);
}

/** A cell as a number. Throws DataError that begins with `place()`. */
export function numberIn(given: Cell, place: () => string): number {
  if (typeof given === "number" && Number.isFinite(Math.fround(given))) return given;
  const cell = String(given);
  const number = cell.trim() === "" ? Number.NaN : Number(cell);
  if (Number.isFinite(Math.fround(number))) return number;
  if (Number.isFinite(number))
    throw new DataError(`${place()}: ${cell.trim()} is beyond f32, which ends at 3.4e38; scale the column in the file`);
  if (cell.trim() === "")
    throw new DataError(`${place()}: the value is missing; drop the line or leave the column out`);
  throw new DataError(`${place()}: ${JSON.stringify(cell)} is not a number; mend it or leave the column out`);
}

/** Rows as they come, checked and kept in growing arrays. */
export class TableBuilder {
  readonly #file: string;
  readonly #choose: (header: readonly string[]) => Wanted;
  #header: readonly string[] | undefined;
  #wanted: Wanted = { numbers: [], texts: [] };
  #numberAt: number[] = [];
  #textAt: number[] = [];
  #numbers = new Float32Array(1 << 12);
  #texts: string[][] = [];
  #lines: number[] = [];
  /** What the file's rows are called, and the one that comes next. */
  readonly #noun: string;
  line = 1;

  constructor(file: string, noun: string, choose: (header: readonly string[]) => Wanted) {
    this.#file = file;
    this.#noun = noun;
    this.#choose = choose;
  }

  /** Takes in the next row, which has a value for each column; before the first comes `begin`. */
  add(row: readonly Cell[]): void {
    const line = this.line;
    this.line += 1;
    const columns = this.#header?.length ?? 0;
    if (row.length !== columns) {
      throw new DataError(`${this.#file}, ${this.#noun} ${line}: ${row.length} values where the header has ${columns}`);
    }
    const count = this.#lines.length * this.#numberAt.length;
    if (count + this.#numberAt.length > this.#numbers.length) {
      const larger = new Float32Array(2 * this.#numbers.length + this.#numberAt.length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    for (const [k, at] of this.#numberAt.entries()) {
      this.#numbers[count + k] = numberIn(row[at] as Cell, () => this.#place(line, this.#wanted.numbers[k] as string));
    }
    for (const [k, at] of this.#textAt.entries()) this.#texts[k]?.push(String(row[at]));
    this.#lines.push(line);
  }

  /** Names of the columns, once there are any. */
  get header(): readonly string[] | undefined {
    return this.#header;
  }

  /** Columns that are kept, once there are any. */
  get wanted(): readonly string[] {
    return [...this.#wanted.numbers, ...this.#wanted.texts];
  }

  begin(header: readonly string[]): void {
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
    if (rows === 0) throw new DataError(`${this.#file}: no ${this.#noun}s below the header`);
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
    return `${this.#file}, ${this.#noun} ${line}, column "${column}"`;
  }
}
