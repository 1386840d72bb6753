import { basename } from "node:path";
import { ConfigError } from "../errors/index.ts";
import { check, type Options } from "../params/index.ts";
import { arrayParams, arraySet, type Named } from "./arrays.ts";
import { readBytes } from "./bytes.ts";
import type { Dataset } from "./dataset.ts";
import { npyArray } from "./npyFile.ts";
import { defineSource } from "./source.ts";

export type NpyOptions = Options<typeof arrayParams>;

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
    params: arrayParams,
  },
  async (files: NpyFiles, options: NpyOptions = {}): Promise<Dataset> => {
    const checked = check(arrayParams, options, "data.npy");
    if (typeof files?.x !== "string" || typeof files.y !== "string") {
      throw new ConfigError('data.npy: give the files as { x: "...", y: "..." }');
    }
    const read = async (path: string): Promise<Named> => {
      const bytes = await readBytes("data.npy", path);
      return { name: basename(path), ...npyArray(basename(path), bytes) };
    };
    return arraySet(await read(files.x), await read(files.y), checked);
  },
);
