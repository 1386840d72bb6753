import { DataError, ShapeError } from "../../errors/index.ts";
import { ByteTensor, HostTensor, LEVELS, type Shape, show, sizeOf, type TypedArray } from "../../tensor/index.ts";
import { size } from "../size.ts";
import type { Rows } from "../transforms/index.ts";
import { defaultBuffer, streamedOrder, windowOf } from "./order.ts";
import type { RowFile } from "./rowFile.ts";

/** What the bytes of rows stand for: bytes with a table as a `ByteTensor` has, or numbers that are made of them. */
export type RowNumbers =
  | { readonly levels: Float32Array }
  | { readonly dtype: "f32" | "i32"; decode(bytes: Uint8Array<ArrayBuffer>): TypedArray };

/** Examples that are wanted as numbers at once, in bytes of memory: more than this stays in the file. */
const MOST_HELD = 1 << 26;

/** Rows that are read at a time where all are looked at. */
const PIECE = 2048;

interface Parts {
  readonly name: string;
  readonly shape: Shape;
  readonly file: RowFile;
  readonly numbers: RowNumbers;
  /** Rows of the file, by row of the tensor; all when not given. */
  readonly places?: Int32Array | undefined;
  /** Examples that are shuffled among each other; null: as many as some memory takes. */
  readonly buffer: number | null;
  /** What is done to rows after they are read. */
  readonly steps?: readonly ((rows: Rows) => Rows)[];
}

/**
 * A tensor whose rows lie in a file and are read when they are needed: what a set larger than memory is made of. Rows, reshapes and
 * transforms of it are views: nothing is read for them. Few rows are numbers like any others; `data` of more than 64 MiB throws
 * DataError.
 */
export class FileTensor extends HostTensor {
  readonly #parts: Parts;
  #held: WeakRef<HostTensor> | undefined;

  constructor(parts: Parts) {
    const { numbers, steps = [] } = parts;
    super(parts.shape, steps.length > 0 || "levels" in numbers ? "f32" : numbers.dtype, "later");
    this.#parts = parts;
  }

  get name(): string {
    return this.#parts.name;
  }

  /** Bytes of a row as it is read and kept. */
  get rowBytes(): number {
    return this.#packed ? sizeOf(this.shape.slice(1)) : 4 * sizeOf(this.shape.slice(1));
  }

  /** Examples that a run has in memory together: whole batches. */
  windowOf(batchSize: number): number {
    return windowOf(this.shape[0] as number, this.#parts.buffer ?? defaultBuffer(this.rowBytes), batchSize);
  }

  /** The order in which a run visits the rows in an epoch. */
  order(seed: number, epoch: number, batchSize: number): Int32Array {
    const count = this.shape[0] as number;
    return streamedOrder({ count, rowBytes: this.rowBytes, window: this.windowOf(batchSize) }, seed, epoch);
  }

  get #packed(): boolean {
    return "levels" in this.#parts.numbers && !this.#parts.steps?.length;
  }

  /** The rows of `order`, read in the background; undefined when the signal stops it. */
  async read(order: ArrayLike<number>, signal?: AbortSignal): Promise<HostTensor | undefined> {
    const bytes = await this.#parts.file.read(this.#placesOf(order), signal);
    return bytes && this.#tensor(order.length, bytes);
  }

  /** The same rows at once. */
  readNow(order: ArrayLike<number>): HostTensor {
    return this.#tensor(order.length, this.#parts.file.readNow(this.#placesOf(order)));
  }

  /** All rows in memory. Throws DataError when they are many. */
  held(): HostTensor {
    const known = this.#held?.deref();
    if (known) return known;
    const rows = this.shape[0] as number;
    const bytes = rows * this.rowBytes;
    if (bytes > MOST_HELD) {
      throw new DataError(
        `${this.#parts.name}: ${size(bytes)} of examples ${show(this.shape)} are streamed and not held in memory; take some of them, as set.rows([0, 1, 2]), or read the file without stream`,
      );
    }
    const all = this.readNow(upTo(rows));
    this.#held = new WeakRef(all);
    return all;
  }

  protected override expanded(): TypedArray {
    return this.held().data;
  }

  override value(word: number): number {
    const row = sizeOf(this.shape.slice(1));
    const r = Math.floor(word / row);
    return this.readNow([r]).value(word - r * row);
  }

  override rows(order: ArrayLike<number>): FileTensor {
    const count = this.shape[0] as number;
    for (let i = 0; i < order.length; i++) {
      const row = order[i] as number;
      if (!(row >= 0 && row < count))
        throw new ShapeError(`rows: ${row} is outside the ${count} rows of ${show(this.shape)}`);
    }
    const shape = [order.length, ...this.shape.slice(1)];
    return new FileTensor({ ...this.#parts, shape, places: Int32Array.from(this.#placesOf(order)) });
  }

  override *pieces(): Generator<HostTensor> {
    const rows = this.shape[0] as number;
    for (let from = 0; from < rows; from += PIECE) {
      yield* this.readNow(upTo(Math.min(PIECE, rows - from), from)).pieces();
    }
  }

  /** With rows changed by `how` after they are read, which must be the same for each row alone. */
  through(how: (rows: Rows) => Rows): FileTensor {
    const [, ...example] = this.shape;
    const { width } = how(rowsOf(this.readNow([0])));
    const shape = width === sizeOf(example) ? this.shape : [this.shape[0] as number, width];
    return new FileTensor({ ...this.#parts, shape, steps: [...(this.#parts.steps ?? []), how] });
  }

  override scaled(groups: number, change: (value: number, group: number) => number): HostTensor {
    const { numbers } = this.#parts;
    if (this.#packed && "levels" in numbers) {
      // as many rows as a table of any division could want
      const width = sizeOf(this.shape.slice(1));
      const sample = new ByteTensor([LEVELS, width], new Uint8Array(LEVELS * width), numbers.levels);
      const scaled = sample.scaled(groups, change);
      if (scaled instanceof ByteTensor) {
        return new FileTensor({ ...this.#parts, numbers: { levels: scaled.levels } });
      }
    }
    return this.through(({ count, width, data }) => {
      const each = width / groups;
      const out = Float32Array.from(data, (value, i) => change(value, Math.floor((i % width) / each)));
      return { count, width, data: out };
    });
  }

  protected override shaped(shape: Shape): HostTensor {
    if (shape[0] === this.shape[0]) return new FileTensor({ ...this.#parts, shape });
    throw new ShapeError(
      `reshape: ${this.#parts.name} is streamed, an example at a time; ${show(shape)} has other examples than ${show(this.shape)}`,
    );
  }

  #placesOf(order: ArrayLike<number>): ArrayLike<number> {
    const { places } = this.#parts;
    return places ? Int32Array.from(order, (row) => places[row] as number) : order;
  }

  #tensor(count: number, bytes: Uint8Array<ArrayBuffer>): HostTensor {
    const { numbers, steps = [] } = this.#parts;
    const shape = [count, ...this.shape.slice(1)];
    if (steps.length === 0) {
      if ("levels" in numbers) return new ByteTensor(shape, bytes, numbers.levels);
      return new HostTensor(shape, numbers.dtype, numbers.decode(bytes));
    }
    const width = this.#parts.file.rowBytes;
    const first =
      "levels" in numbers ? new ByteTensor([count, width], bytes, numbers.levels).spread() : numbers.decode(bytes);
    const rows: Rows = { count, width: first.length / Math.max(1, count), data: first };
    const { data } = steps.reduce((now, step) => step(now), rows);
    return new HostTensor(shape, "f32", data instanceof Float32Array ? data : Float32Array.from(data));
  }
}

/** The numbers `from`, `from` + 1 and so on, `count` of them. */
export function upTo(count: number, from = 0): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => from + i);
}

const rowsOf = (x: HostTensor): Rows => {
  const count = x.shape[0] as number;
  return { count, width: x.size / count, data: x.data };
};

/** What there is of `x` in memory: a streamed tensor's rows are read, any other is itself. Throws DataError when they are many. */
export const inMemory = (x: HostTensor): HostTensor => (x instanceof FileTensor ? x.held() : x);
