import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { createGunzip } from "node:zlib";
import { DataError } from "../errors/index.ts";
import { fileAt } from "./file.ts";
import { reporter } from "./progress.ts";

/** Bytes that a data set in memory may take: beyond it, sets are streamed. */
export const MOST_BYTES = 2 ** 31;

/** Throws DataError when so many bytes are too many to be held, before anything is taken for them. */
export function checkFits(file: string, bytes: number, cure: string): void {
  if (bytes <= MOST_BYTES) return;
  throw new DataError(`${file}: ${size(bytes)} are needed in memory, and ${size(MOST_BYTES)} is the most; ${cure}`);
}

/** `1.5 MiB`. */
export function size(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  return `${Number((bytes / 2 ** (10 * power)).toPrecision(4))} ${units[power]}`;
}

/**
 * A file's bytes, whole; unpacked when it begins as gzip does, whatever its name. Tells the cell how far it is, and stops when it is
 * interrupted. Throws DataError, `where` or the file first, for a file that is not there, damaged gzip, or more than `MOST_BYTES`.
 */
export async function readBytes(where: string, path: string, cure = STREAM): Promise<Uint8Array<ArrayBuffer>> {
  const file = basename(path);
  const { full, bytes } = fileAt(where, path);
  const packed = await beginsAsGzip(full, file);
  checkFits(file, bytes, cure);
  const progress = reporter(file, bytes);
  const source = createReadStream(full, { highWaterMark: 1 << 20 });
  const unpacked = packed ? source.pipe(createGunzip({ chunkSize: 1 << 20 })) : source;
  source.on("error", (error) => unpacked.destroy(error));
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of unpacked) {
      pieces.push(piece);
      length += piece.length;
      checkFits(file, length, cure);
      progress(source.bytesRead);
    }
  } catch (error) {
    if (!isSystem(error)) throw error;
    const why = packed ? `not whole gzip data: ${(error as Error).message}` : (error as Error).message;
    throw new DataError(`${file}: ${why}; copy or download it again`, { cause: error });
  } finally {
    source.destroy();
    unpacked.destroy();
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

export const STREAM = "read it piece by piece with { stream: true }";

/** Errors of Node's own, which carry a code. */
const isSystem = (error: unknown): boolean => typeof (error as { code?: unknown })?.code === "string";

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
