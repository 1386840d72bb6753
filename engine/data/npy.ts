import { basename } from "node:path";
import { ConfigError, DataError } from "../errors/index.ts";
import { check, type Options } from "../params/index.ts";
import { sizeOf } from "../tensor/index.ts";
import {
  arrayParams,
  arraySet,
  asTheyAre,
  checkExamples,
  type Named,
  numbersOf,
  type Streamed,
  withFeatures,
} from "./arrays.ts";
import { openBytes, readBytes } from "./bytes.ts";
import type { Dataset } from "./dataset.ts";
import { MOST_HEADER, npyArray, npyHeader, npyValues } from "./npyFile.ts";
import { defineSource } from "./source.ts";
import { FileTensor, RowFile, type RowNumbers, streamParams } from "./stream/index.ts";

const npyParams = { ...arrayParams, ...streamParams };

export type NpyOptions = Options<typeof npyParams>;

/** The two files of a set. */
export interface NpyFiles {
  readonly x: string;
  readonly y: string;
}

/**
 * Reads two arrays that numpy.save wrote: `await data.npy({ x: "data/x.npy", y: "data/y.npy" })`. Paths begin at the notebook's folder.
 *
 *   x [N, ...] f32 as it is (bytes stay bytes in memory), y [N, ...] i32 labels or [N, k] f32 values
 *
 * All of NumPy's numeric types, C and Fortran order, either byte order. Bytes of pictures come as 0 to 255: scale them with
 * `normalize({ scale: 1 / 255 })`, and give grey ones their channel with `reshape([1, 28, 28])`. Throws ConfigError for options, DataError for a file that is
 * missing or damaged, another type, or arrays that do not belong together.
 */
export const npy = defineSource(
  {
    summary: "Two arrays that numpy.save wrote.",
    takes: "files: { x: string; y: string }",
    gives: "Promise<Dataset>",
    example: 'data.npy({ x: "data/x.npy", y: "data/y.npy" })',
    params: npyParams,
  },
  async (files: NpyFiles, options: NpyOptions = {}): Promise<Dataset> => {
    if (typeof files?.x !== "string" || typeof files.y !== "string") {
      throw new ConfigError('data.npy: give the files as { x: "...", y: "..." }');
    }
    const { stream, buffer, ...how } = check(npyParams, options, "data.npy");
    const y = await held(files.y);
    if (!stream) return arraySet(await held(files.x), y, how);
    return arraySet(await streamed(files.x, how.dtype, buffer), y, how);
  },
);

async function held(path: string): Promise<Named> {
  const bytes = await readBytes("data.npy", path);
  return { name: basename(path), ...npyArray(basename(path), bytes) };
}

async function streamed(path: string, dtype: "f32" | "i32", buffer: number | null): Promise<Streamed> {
  const { file, bytes } = await openBytes("data.npy", path);
  const { name } = file;
  const { shape, fortran, offset, itemBytes, type, little } = npyHeader(name, file.begin(MOST_HEADER), bytes);
  if (fortran && shape.length > 1) {
    throw new DataError(
      `${name}: Fortran order scatters examples over the file; save numpy.ascontiguousarray(x) to stream it`,
    );
  }
  checkExamples(name, shape);
  const rowBytes = sizeOf(shape.slice(1)) * itemBytes;
  const rows = new RowFile([{ file, offset, stride: rowBytes, rows: shape[0] as number }], rowBytes);
  const decode = (given: Uint8Array<ArrayBuffer>) =>
    numbersOf({ name, shape: [given.length / itemBytes], type, values: npyValues(given, type, little) }, dtype).data;
  const numbers: RowNumbers = type === "u1" && dtype === "f32" ? { levels: asTheyAre() } : { dtype, decode };
  return { name, x: new FileTensor({ name, shape: withFeatures(shape), file: rows, numbers, buffer }) };
}
