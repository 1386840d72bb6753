import { basename } from "node:path";
import { type UnzipFileInfo, unzipSync } from "fflate";
import { ConfigError, DataError, didYouMean } from "../errors/index.ts";
import { check, type Options, text } from "../params/index.ts";
import { arrayParams, arraySet, type Named } from "./arrays.ts";
import { checkFits, readBytes } from "./bytes.ts";
import { type Dataset, Splits } from "./dataset.ts";
import { npyArray } from "./npyFile.ts";
import { defineSource } from "./source.ts";

const npzParams = {
  ...arrayParams,
  x: text(
    "",
    "Array of the examples; with y. When neither is given, x_train and y_train are, and x_valid, x_test where they are there.",
  ),
  y: text("", "Array of what is to be predicted."),
};

export type NpzOptions = Options<typeof npzParams>;

/**
 * Reads arrays that numpy.savez or numpy.savez_compressed wrote into one file. Paths begin at the notebook's folder.
 *
 *   await data.npz("data/mnist.npz")                                x_train, y_train, x_test, y_test: training and test examples
 *   await data.npz("data/set.npz", { x: "images", y: "labels" })    one set
 *
 * Arrays are read as those of `data.npy`. Throws ConfigError for options, DataError for a file that is missing or damaged, an array that is
 * not there, another type, or arrays that do not belong together.
 */
function read(path: string, options: NpzOptions & { readonly x: string; readonly y: string }): Promise<Dataset>;
function read(path: string, options?: NpzOptions): Promise<Splits>;
async function read(path: string, options: NpzOptions = {}): Promise<Dataset | Splits> {
  const { x, y, ...rest } = check(npzParams, options, "data.npz");
  if (typeof path !== "string") throw new ConfigError(`data.npz: the path must be a string, not ${typeof path}`);
  if ((x === "") !== (y === "")) throw new ConfigError('data.npz: give both x and y, as { x: "images", y: "labels" }');
  const file = basename(path);
  const bytes = await readBytes("data.npz", path);
  const names = namesIn(file, bytes);
  const array = (name: string): Named => {
    if (!names.includes(name)) {
      const how = x === "" ? '; name the arrays, as { x: "images", y: "labels" }' : "";
      throw new DataError(`${file}: no array "${name}"${didYouMean(name, names)}${how}`);
    }
    return { name: `${file}: ${name}`, ...npyArray(`${file}: ${name}`, unpacked(file, bytes, name)) };
  };
  if (x !== "") return arraySet(array(x), array(y), rest);
  const part = (name: string, classes: readonly string[] | null) =>
    arraySet(array(`x_${name}`), array(`y_${name}`), { ...rest, classes });
  const train = part("train", rest.classes);
  const other = (name: string) => (names.includes(`x_${name}`) ? part(name, train.classes ?? null) : undefined);
  return new Splits({ train, valid: other("valid"), test: other("test") });
}

export const npz = defineSource(
  {
    summary: "Arrays that numpy.savez or numpy.savez_compressed wrote into one file.",
    takes: "path: string",
    gives: "Promise<Dataset> of the arrays that are named, else Promise<Splits> of x_train, y_train, x_test, y_test",
    example: 'data.npz("data/mnist.npz")',
    params: npzParams,
  },
  read,
);

const SUFFIX = ".npy";

/** Names of the arrays of an archive. */
function namesIn(file: string, bytes: Uint8Array): string[] {
  if (bytes.length === 0) throw new DataError(`${file} is empty`);
  const names: string[] = [];
  unzipped(file, bytes, ({ name }) => {
    if (name.endsWith(SUFFIX)) names.push(name.slice(0, -SUFFIX.length));
    return false;
  });
  return names;
}

/** The bytes of an array's file within the archive. */
function unpacked(file: string, bytes: Uint8Array, array: string): Uint8Array {
  const found = unzipped(file, bytes, ({ name, originalSize }) => {
    if (name !== array + SUFFIX) return false;
    checkFits(`${file}: ${array}`, originalSize, "save it in parts");
    return true;
  });
  return found[array + SUFFIX] as Uint8Array;
}

function unzipped(
  file: string,
  bytes: Uint8Array,
  filter: (entry: UnzipFileInfo) => boolean,
): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes, { filter });
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(
      `${file}: not a whole zip archive, which .npz files are: ${(error as Error).message}; copy or save it again`,
      { cause: error },
    );
  }
}
