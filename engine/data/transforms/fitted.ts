import { ConfigError, DataError, didYouMean } from "../../errors/index.ts";
import { instance } from "../../params/index.ts";
import { type HostTensor, type Shape, sizeOf } from "../../tensor/index.ts";
import * as all from "./all.ts";
import { eachValue } from "./collectors.ts";
import type { Collector, Column, Each, Rows, Statistics, Transform, TransformDefinition } from "./definition.ts";

/** Examples in pieces; a set larger than memory gives them as it reads them. */
export interface Pieces {
  readonly shape: Shape;
  readonly columns: readonly Column[];
  rows(): Iterable<Rows>;
}

/** A transform with what it learnt: the same function for training, validation and whatever comes later. */
export class Fitted {
  readonly transform: Transform;
  readonly statistics: Statistics;
  /** Columns before it. */
  readonly columns: readonly Column[];
  /** Places of those that it works on, ascending. */
  readonly chosen: readonly number[];
  /** Columns after it. */
  readonly after: readonly Column[];

  constructor(transform: Transform, columns: readonly Column[], statistics: Statistics) {
    this.transform = transform;
    this.columns = columns;
    this.statistics = statistics;
    this.chosen = chosenOf(transform, columns);
    const own = this.chosen.map((c) => columns[c] as Column);
    const made = transform.definition.columns?.(own, statistics, transform.options as never) ?? own;
    const { anew } = transform.definition;
    this.after = anew
      ? [...without(columns, this.chosen), ...made]
      : [...placed(columns, this.chosen, made), ...made.slice(own.length)];
  }

  /** Learns from training examples. Throws DataError for missing values where the transform does not take them. */
  static to(transform: Transform, { shape, columns, rows }: Pieces): Fitted {
    const chosen = chosenOf(transform, columns);
    const about = { shape, columns: chosen.map((c) => columns[c] as Column) };
    const collector = transform.definition.collect?.(about, transform.options as never);
    if (!collector) return new Fitted(transform, columns, {});
    for (const piece of rows()) addTo(collector, transform, pick(piece, chosen), about.columns);
    return new Fitted(transform, columns, collector.finish());
  }

  /** Whether it learnt anything: what did not is the same for every set. */
  get learnt(): boolean {
    return this.transform.definition.collect !== undefined;
  }

  /** Whether undoing it loses nothing but the last bits: every value changes by itself. */
  get lossless(): boolean {
    return this.#each?.invert !== undefined;
  }

  /** Rows as they are after it. Throws DataError for another number of columns. */
  apply(rows: Rows): Rows {
    this.#requireWidth(rows, this.columns.length);
    const { definition } = this.transform;
    const made = this.#made(pick(rows, this.chosen));
    if (this.chosen.length === this.columns.length) return made;
    if (definition.anew) return beside(pick(rows, this.#others()), made);
    const own = this.chosen.length;
    const replaced = put(rows, this.chosen, pick(made, range(0, own)));
    return made.width === own ? replaced : beside(replaced, pick(made, range(own, made.width)));
  }

  /** Rows as they were before it. Throws ConfigError where it keeps too little for that. */
  invert(rows: Rows): Rows {
    this.#requireWidth(rows, this.after.length);
    const { definition, type } = this.transform;
    if (!definition.invert && !this.#each?.invert) throw new ConfigError(`${type}: it cannot be undone`);
    if (!definition.anew) {
      const kept = pick(rows, range(0, this.columns.length));
      return put(kept, this.chosen, this.#undone(pick(kept, this.chosen)));
    }
    const others = this.#others();
    const own = this.#undone(pick(rows, range(others.length, rows.width)));
    if (others.length === 0) return own;
    const { count } = rows;
    const empty: Rows = { count, width: this.columns.length, data: new Float64Array(count * this.columns.length) };
    return put(put(empty, others, pick(rows, range(0, others.length))), this.chosen, own);
  }

  /** How every value changes by itself, when it does and all columns are worked on. */
  get each(): Each | undefined {
    return this.chosen.length === this.columns.length ? this.#each : undefined;
  }

  get #each(): Each | undefined {
    const { definition, options } = this.transform;
    return definition.each?.(this.chosen.length, this.statistics, options as never);
  }

  #made(rows: Rows): Rows {
    const { definition, options } = this.transform;
    const each = this.#each;
    if (each) return eachGroup(rows, each.groups, each.change);
    return definition.apply?.(rows, this.statistics, options as never) ?? rows;
  }

  #undone(rows: Rows): Rows {
    const { definition, options } = this.transform;
    const each = this.#each;
    if (each?.invert) return eachGroup(rows, each.groups, each.invert);
    return definition.invert?.(rows, this.statistics, options as never) ?? rows;
  }

  #others(): number[] {
    return Array.from(this.columns.keys()).filter((c) => !this.chosen.includes(c));
  }

  #requireWidth({ width }: Rows, columns: number): void {
    if (width === columns) return;
    throw new DataError(`${this.transform.type}: examples have ${width} columns where it was fitted to ${columns}`);
  }

  toString(): string {
    const { type } = this.transform;
    const [before, now] = [this.columns.length, this.after.length];
    const some = this.chosen.length < before ? ` of ${this.chosen.map((c) => this.columns[c]?.name).join(", ")}` : "";
    return `${type}${some}${before === now ? "" : `, ${before} columns to ${now}`}`;
  }

  toJSON(): FittedJson {
    const { type, options } = this.transform;
    const numbers = Object.entries(this.statistics).map(([name, values]) => [name, base64Of(values)]);
    return { type, options: options as object, columns: this.columns, statistics: Object.fromEntries(numbers) };
  }

  /** From what `toJSON` gave. Throws ConfigError for a transform that is unknown or whose options are no longer right. */
  static from({ type, options, columns, statistics }: FittedJson): Fitted {
    const definition = (all as Readonly<Record<string, unknown>>)[type] as TransformDefinition | undefined;
    if (!definition) throw new ConfigError(`no transform "${type}"${didYouMean(type, Object.keys(all))}`);
    const numbers = Object.entries(statistics).map(([name, text]) => [name, numbersOf(text)]);
    return new Fitted(instance(type, definition, options), columns, Object.fromEntries(numbers));
  }
}

/** A fitted transform as it is kept in a checkpoint: numbers are little-endian float64 in base64. */
export interface FittedJson {
  readonly type: string;
  readonly options: object;
  readonly columns: readonly Column[];
  readonly statistics: Readonly<Record<string, string>>;
}

const base64Of = (values: Float64Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");

function numbersOf(text: string): Float64Array {
  const bytes = Uint8Array.from(Buffer.from(text, "base64"));
  return new Float64Array(bytes.buffer, 0, bytes.byteLength >> 3);
}

function addTo(collector: Collector, { type, definition }: Transform, rows: Rows, columns: readonly Column[]): void {
  if (!definition.missing) {
    const { width, data } = rows;
    for (let i = 0; i < data.length; i++) {
      if (Number.isFinite(data[i])) continue;
      const what = Number.isNaN(data[i]) ? "missing values" : "infinite values";
      throw new DataError(
        `${type}: column "${columns[i % width]?.name}" has ${what}; fill them in first with data.impute({ strategy: "median" }), or leave the rows out with dropMissing()`,
      );
    }
  }
  collector.add(rows);
}

/** Columns that a transform works on. Throws ConfigError for names that are not there. */
function chosenOf({ type, definition, options }: Transform, columns: readonly Column[]): number[] {
  const names = (options as { readonly columns?: readonly string[] | null }).columns ?? null;
  if (names !== null) {
    const known = columns.map(({ name }) => name);
    const places = names.map((name) => {
      const at = known.indexOf(name);
      if (at < 0) throw new ConfigError(`${type}: no column "${name}"${didYouMean(name, known)}`);
      return at;
    });
    return [...new Set(places)].sort((a, b) => a - b);
  }
  const all = Array.from(columns.keys());
  if (definition.of === "all") return all;
  const own = all.filter((c) => (columns[c]?.categories === undefined) === (definition.of === "numbers"));
  if (own.length > 0) return own;
  throw new ConfigError(
    `${type}: there is no column of ${definition.of}; name those that it should work on: columns: ["${columns[0]?.name}"]`,
  );
}

const eachGroup = (rows: Rows, groups: number, f: (x: number, group: number) => number): Rows => {
  const size = rows.width / groups;
  return eachValue(rows, (x, c) => f(x, Math.floor(c / size)));
};

const placed = <T>(list: readonly T[], places: readonly number[], values: readonly T[]): T[] => {
  const out = [...list];
  for (const [i, place] of places.entries()) out[place] = values[i] as T;
  return out;
};

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

const without = <T>(list: readonly T[], places: readonly number[]): T[] => list.filter((_, i) => !places.includes(i));

function pick(rows: Rows, columns: readonly number[]): Rows {
  const { count, width, data } = rows;
  if (columns.length === width) return rows;
  const own = columns.length;
  const out = new Float64Array(count * own);
  for (let r = 0; r < count; r++) {
    for (let k = 0; k < own; k++) out[r * own + k] = data[r * width + (columns[k] as number)] as number;
  }
  return { count, width: own, data: out };
}

function put(rows: Rows, columns: readonly number[], values: Rows): Rows {
  const { count, width } = rows;
  const out = Float64Array.from(rows.data);
  const own = columns.length;
  for (let r = 0; r < count; r++) {
    for (let k = 0; k < own; k++) out[r * width + (columns[k] as number)] = values.data[r * own + k] as number;
  }
  return { count, width, data: out };
}

function beside(left: Rows, right: Rows): Rows {
  const width = left.width + right.width;
  const out = new Float64Array(left.count * width);
  for (let r = 0; r < left.count; r++) {
    for (let c = 0; c < left.width; c++) out[r * width + c] = left.data[r * left.width + c] as number;
    for (let c = 0; c < right.width; c++) out[r * width + left.width + c] = right.data[r * right.width + c] as number;
  }
  return { count: left.count, width, data: out };
}

/** The rows of a tensor in pieces. */
export function* piecesOf(x: HostTensor): Generator<Rows> {
  const width = sizeOf(x.shape.slice(1));
  for (const piece of x.pieces()) yield { count: piece.shape[0] as number, width, data: piece.data };
}
