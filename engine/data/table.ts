import { DataError } from "../errors/index.ts";
import { HostTensor } from "../tensor/index.ts";
import { FileTensor, RowFile, type RowNumbers, Spill, type StreamOptions } from "./stream/index.ts";

/** What stands in a table: numbers as such where the file has them so, else text. */
export type Cell = string | number;

/** Columns that are read as features, those of them that hold categories whatever they look like, and those kept as text. */
export interface Wanted {
  readonly features: readonly string[];
  readonly categories: readonly string[];
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
  /** [rows, features] f32: numbers, places in a column's categories, NaN where the value is missing. */
  readonly x: HostTensor;
  /** By the names of the columns that have some. */
  readonly categories: Readonly<Record<string, readonly string[]>>;
  readonly texts: readonly Column[];
  /** `titanic.csv, line 7, column "age"`. */
  place(row: number, column: string): string;
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

/** Words that stand for a missing number in files of many programs. */
const MISSING = new Set(["", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None"]);

/** What a feature column turns out to hold, cell by cell: numbers, or words that become places among its categories. */
class Feature {
  readonly name: string;
  #places: Map<string, number> | undefined;
  #numbers = false;
  readonly #chosen: boolean;

  constructor(name: string, isCategory: boolean) {
    this.name = name;
    this.#chosen = isCategory;
    if (isCategory) this.#places = new Map();
  }

  /** A cell as a number or as the place of its word; NaN when it is missing. Throws DataError for a word among numbers. */
  read(cell: Cell, place: () => string): number {
    const word = typeof cell === "number" ? "" : cell.trim();
    const isNumber = typeof cell === "number" || (word !== "" && !Number.isNaN(Number(word)));
    if (!isNumber && word === "") return Number.NaN;
    if (this.#chosen) return this.#placeOf(String(cell).trim());
    if (isNumber && this.#places === undefined) {
      this.#numbers = true;
      return numberIn(cell, place);
    }
    if (isNumber) {
      throw new DataError(
        `${place()}: ${String(cell).trim()} is a number among words such as ${JSON.stringify([...this.#places!.keys()][0])}; mend it, or read the column as categories: ["${this.name}"]`,
      );
    }
    if (MISSING.has(word)) return Number.NaN;
    if (this.#numbers || /^[[{]/.test(word)) {
      throw new DataError(
        `${place()}: ${JSON.stringify(cell)} is not a number; mend it, leave the column out, or read it as categories: ["${this.name}"]`,
      );
    }
    this.#places ??= new Map();
    return this.#placeOf(word);
  }

  #placeOf(word: string): number {
    const places = this.#places as Map<string, number>;
    const known = places.get(word);
    if (known !== undefined) return known;
    places.set(word, places.size);
    return places.size - 1;
  }

  /** Categories in their order, and the place there of each that was found first, second, ...; undefined for numbers. */
  ordered(): { readonly categories: readonly string[]; readonly places: readonly number[] } | undefined {
    if (!this.#places) return undefined;
    const found = [...this.#places.keys()];
    const categories = inOrder(found);
    return { categories, places: found.map((word) => categories.indexOf(word)) };
  }
}

/** Words by the alphabet, or by number where all are numbers. */
export function inOrder(words: readonly string[]): string[] {
  const numeric = words.every((word) => Number.isFinite(Number(word)));
  return [...words].sort(numeric ? (a, b) => Number(a) - Number(b) : (a, b) => (a < b ? -1 : 1));
}

/** Numbers of streamed rows that are in memory before they go to their file. */
const SPILLED = 1 << 18;

/** Rows as they come, checked and kept in growing arrays. */
export class TableBuilder {
  readonly #file: string;
  readonly #choose: (header: readonly string[]) => Wanted;
  #header: readonly string[] | undefined;
  #wanted: Wanted = { features: [], categories: [], texts: [] };
  #features: readonly Feature[] = [];
  #featureAt: number[] = [];
  #textAt: number[] = [];
  /** Rows that are not in the file of streamed ones. */
  #numbers = new Float32Array(1 << 12);
  #used = 0;
  readonly #spill: Spill | undefined;
  readonly #stream: StreamOptions;
  #texts: string[][] = [];
  #lines: number[] = [];
  /** What the file's rows are called, and the one that comes next. */
  readonly #noun: string;
  line = 1;

  constructor(file: string, noun: string, stream: StreamOptions, choose: (header: readonly string[]) => Wanted) {
    this.#stream = stream;
    this.#spill = stream.stream ? new Spill(file) : undefined;
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
    const width = this.#featureAt.length;
    if (this.#used + width > SPILLED) this.#toFile();
    if (this.#used + width > this.#numbers.length) {
      const larger = new Float32Array(2 * this.#numbers.length + width);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    for (const [k, feature] of this.#features.entries()) {
      const cell = row[this.#featureAt[k] as number] as Cell;
      this.#numbers[this.#used + k] = feature.read(cell, () => this.#place(line, feature.name));
    }
    this.#used += width;
    for (const [k, at] of this.#textAt.entries()) this.#texts[k]?.push(String(row[at]));
    this.#lines.push(line);
  }

  /** Streamed rows go from memory to their file. */
  #toFile(): void {
    if (!this.#spill) return;
    this.#spill.write(new Uint8Array(this.#numbers.buffer, 0, 4 * this.#used));
    this.#used = 0;
  }

  #tensor(rows: number): HostTensor {
    const width = this.#featureAt.length;
    if (!this.#spill) return new HostTensor([rows, width], "f32", this.#numbers.slice(0, this.#used));
    this.#toFile();
    const file = new RowFile([{ file: this.#spill.file, offset: 0, stride: 4 * width, rows }], 4 * width);
    const numbers: RowNumbers = {
      dtype: "f32",
      decode: (bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4),
    };
    return new FileTensor({ name: this.#file, shape: [rows, width], file, numbers, buffer: this.#stream.buffer });
  }

  /** Names of the columns, once there are any. */
  get header(): readonly string[] | undefined {
    return this.#header;
  }

  /** Columns that are kept, once there are any. */
  get wanted(): readonly string[] {
    return [...this.#wanted.features, ...this.#wanted.texts];
  }

  begin(header: readonly string[]): void {
    const twice = header.find((name, i) => header.indexOf(name) !== i);
    if (twice !== undefined) throw new DataError(`${this.#file}: column "${twice}" is there twice; rename one`);
    this.#header = header;
    this.#wanted = this.#choose(header);
    const { features, categories } = this.#wanted;
    this.#features = features.map((name) => new Feature(name, categories.includes(name)));
    this.#featureAt = features.map((name) => header.indexOf(name));
    this.#textAt = this.#wanted.texts.map((name) => header.indexOf(name));
    this.#texts = this.#textAt.map(() => []);
  }

  finish(): Table {
    if (!this.#header) throw new DataError(`${this.#file} is empty`);
    const rows = this.#lines.length;
    if (rows === 0) throw new DataError(`${this.#file}: no ${this.#noun}s below the header`);
    const found = this.#features.map((feature) => feature.ordered());
    const numbered = this.#tensor(rows);
    const x = found.some(Boolean)
      ? numbered.scaled(found.length, (value, c) => (Number.isNaN(value) ? value : (found[c]?.places[value] ?? value)))
      : numbered;
    const categories = Object.fromEntries(
      this.#features.flatMap(({ name }, k) => (found[k] ? [[name, found[k].categories] as const] : [])),
    );
    return {
      rows,
      x,
      categories,
      texts: this.#wanted.texts.map((name, k) => ({
        name,
        cells: this.#texts[k] as string[],
        place: (row) => this.#place(this.#lines[row] as number, name),
      })),
      place: (row, column) => this.#place(this.#lines[row] as number, column),
    };
  }

  #place(line: number, column: string): string {
    return `${this.#file}, ${this.#noun} ${line}, column "${column}"`;
  }
}
