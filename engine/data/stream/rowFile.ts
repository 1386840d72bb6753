import { closeSync, mkdirSync, openSync, read, readSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { maybeContext } from "../../context/index.ts";
import { DataError } from "../../errors/index.ts";
import { size } from "../size.ts";

const readAsync = promisify(read);

/** A file that stays open as long as something refers to it. */
export class OpenFile {
  readonly name: string;
  readonly fd: number;

  constructor(name: string, fd: number) {
    this.name = name;
    this.fd = fd;
    closing.register(this, fd);
  }

  /** Its first bytes, as many as there are up to `most`. */
  begin(most: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(most);
    return bytes.subarray(0, readSync(this.fd, bytes, 0, most, 0));
  }

  static at(name: string, full: string): OpenFile {
    try {
      return new OpenFile(name, openSync(full, "r"));
    } catch (error) {
      throw new DataError(`${name}: ${(error as Error).message}`, { cause: error });
    }
  }
}

const closing = new FinalizationRegistry((fd: number) => closeSync(fd));

/** A file of our own that nobody else sees: it goes when it is no longer read, and when the kernel ends, however that may be. */
export class Spill {
  readonly #file: OpenFile;
  bytes = 0;

  /** `name` is whose rows these are. */
  constructor(name: string) {
    const folder = maybeContext()?.runFolder ?? tmpdir();
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `.rows-${process.pid}-${performance.now()}-${Math.random()}`);
    this.#file = new OpenFile(name, openSync(path, "wx+"));
    unlinkSync(path);
  }

  /** Throws DataError when the disk is full. */
  write(data: Uint8Array): void {
    try {
      for (let at = 0; at < data.length; ) at += writeSync(this.#file.fd, data, at);
    } catch (error) {
      throw new DataError(
        `${this.#file.name}: unpacked rows do not fit the disk after ${size(this.bytes)}: ${(error as Error).message}`,
        { cause: error },
      );
    }
    this.bytes += data.length;
  }

  get file(): OpenFile {
    return this.#file;
  }
}

/** Rows of one length that lie evenly in a file. */
export interface Segment {
  readonly file: OpenFile;
  /** Of the first row, in bytes, and from one row to the next. */
  readonly offset: number;
  readonly stride: number;
  readonly rows: number;
}

/** Bytes between two wanted rows that are rather read than jumped over, and those read at a time. */
const GAP = 1 << 16;
const MOST = 1 << 22;

/** A piece of a file to be read, and where its rows go. */
interface Range {
  readonly file: OpenFile;
  readonly position: number;
  readonly bytes: number;
  readonly rows: readonly { readonly slot: number; readonly at: number }[];
}

/** Rows of `rowBytes` bytes in files, one segment after the other. */
export class RowFile {
  readonly segments: readonly Segment[];
  readonly rowBytes: number;
  readonly rows: number;

  constructor(segments: readonly Segment[], rowBytes: number) {
    this.segments = segments;
    this.rowBytes = rowBytes;
    this.rows = segments.reduce((n, segment) => n + segment.rows, 0);
  }

  /** The rows of `order`, in that order; undefined when the signal stops it. Neighbours are read together. */
  async read(order: ArrayLike<number>, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const out = new Uint8Array(order.length * this.rowBytes);
    for (const range of this.#ranges(order)) {
      if (signal?.aborted) return undefined;
      const piece = new Uint8Array(range.bytes);
      for (let got = 0; got < piece.length; ) {
        const { bytesRead } = await readAsync(range.file.fd, piece, got, piece.length - got, range.position + got);
        got += checked(range, bytesRead);
      }
      this.#put(out, range, piece);
    }
    return out;
  }

  /** As `read`, at once. */
  readNow(order: ArrayLike<number>): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(order.length * this.rowBytes);
    for (const range of this.#ranges(order)) {
      const piece = new Uint8Array(range.bytes);
      for (let got = 0; got < piece.length; ) {
        got += checked(range, readSync(range.file.fd, piece, got, piece.length - got, range.position + got));
      }
      this.#put(out, range, piece);
    }
    return out;
  }

  #put(out: Uint8Array, { rows }: Range, piece: Uint8Array): void {
    const { rowBytes } = this;
    for (const { slot, at } of rows) out.set(piece.subarray(at, at + rowBytes), slot * rowBytes);
  }

  *#ranges(order: ArrayLike<number>): Generator<Range> {
    const { rowBytes } = this;
    // by row, and for each where it goes: both fit the 53 bits of a number
    const wanted = Float64Array.from(order, (row, slot) => row * order.length + slot).sort();
    let segment = 0;
    let before = 0;
    let open: { file: OpenFile; position: number; bytes: number; rows: { slot: number; at: number }[] } | undefined;
    for (const both of wanted) {
      const slot = both % order.length;
      const row = (both - slot) / order.length;
      while (row - before >= (this.segments[segment] as Segment).rows) {
        before += (this.segments[segment] as Segment).rows;
        segment += 1;
      }
      const { file, offset, stride } = this.segments[segment] as Segment;
      const position = offset + (row - before) * stride;
      const end = open ? open.position + open.bytes : 0;
      if (!open || open.file !== file || position > end + GAP || position + rowBytes - open.position > MOST) {
        if (open) yield open;
        open = { file, position, bytes: 0, rows: [] };
      }
      open.bytes = position + rowBytes - open.position;
      open.rows.push({ slot, at: position - open.position });
    }
    if (open) yield open;
  }
}

function checked({ file, position }: Range, bytesRead: number): number {
  if (bytesRead > 0) return bytesRead;
  throw new DataError(`${file.name}: it ends before byte ${position}; it was changed while it was read`);
}
