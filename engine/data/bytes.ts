import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { createGunzip } from "node:zlib";
import { DataError } from "../errors/index.ts";
import { fileAt } from "./file.ts";
import { reporter } from "./progress.ts";
import { size } from "./size.ts";
import { OpenFile, Spill } from "./stream/rowFile.ts";

/** Bytes that a data set in memory may take: beyond it, sets are streamed. */
export const MOST_BYTES = 2 ** 31;

/** Throws DataError when so many bytes are too many to be held, before anything is taken for them. */
export function checkFits(file: string, bytes: number, cure: string): void {
  if (bytes <= MOST_BYTES) return;
  throw new DataError(`${file}: ${size(bytes)} are needed in memory, and ${size(MOST_BYTES)} is the most; ${cure}`);
}

/**
 * A file's bytes, whole; unpacked when it begins as gzip does, whatever its name. Tells the cell how far it is, and stops when it is
 * interrupted. Throws DataError, `where` or the file first, for a file that is not there, damaged gzip, or more than `MOST_BYTES`.
 */
export async function readBytes(where: string, path: string, cure = STREAM): Promise<Uint8Array<ArrayBuffer>> {
  const file = basename(path);
  checkFits(file, fileAt(where, path).bytes, cure);
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of bytesOf(where, path)) {
    pieces.push(piece);
    length += piece.length;
    checkFits(file, length, cure);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** A file that rows are read from, and how many bytes it has: the user's own, or an unpacked copy of a gzipped one. */
export async function openBytes(where: string, path: string): Promise<{ file: OpenFile; bytes: number }> {
  const name = basename(path);
  const { full, bytes } = fileAt(where, path);
  if (!(await beginsAsGzip(full, name))) return { file: OpenFile.at(name, full), bytes };
  const spill = new Spill(name);
  for await (const piece of bytesOf(where, path)) spill.write(piece);
  return { file: spill.file, bytes: spill.bytes };
}

/** A file's bytes in pieces, unpacked. */
async function* bytesOf(where: string, path: string): AsyncGenerator<Uint8Array> {
  const file = basename(path);
  const { full, bytes } = fileAt(where, path);
  const packed = await beginsAsGzip(full, file);
  const progress = reporter(file, bytes);
  const source = createReadStream(full, { highWaterMark: 1 << 20 });
  const unpacked = packed ? source.pipe(createGunzip({ chunkSize: 1 << 20 })) : source;
  source.on("error", (error) => unpacked.destroy(error));
  const pieces = unpacked[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { value, done } = await pieces.next().catch((error: Error) => {
        const why = packed ? `not whole gzip data: ${error.message}` : error.message;
        throw new DataError(`${file}: ${why}; copy or download it again`, { cause: error });
      });
      if (done) return;
      progress(source.bytesRead);
      yield value;
    }
  } finally {
    source.destroy();
    unpacked.destroy();
  }
}

export const STREAM = "read it piece by piece with { stream: true }";

async function beginsAsGzip(full: string, file: string): Promise<boolean> {
  try {
    const handle = await open(full);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
      return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new DataError(`${file}: ${(error as Error).message}`, { cause: error });
  }
}
