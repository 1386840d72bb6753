import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { ConfigError, DataError } from "../errors/index.ts";
import { check, type Options } from "../params/index.ts";
import { ByteTensor, HostTensor, type Shape, show, sizeOf, unitLevels } from "../tensor/index.ts";
import { openBytes, readBytes } from "./bytes.ts";
import { Dataset, Splits } from "./dataset.ts";
import { folderAt } from "./file.ts";
import { classesParam, labelsOf } from "./labels.ts";
import { defineSource } from "./source.ts";
import { FileTensor, RowFile, type RowNumbers, type StreamOptions, streamParams } from "./stream/index.ts";

const idxParams = { classes: classesParam, ...streamParams };

export type IdxOptions = Options<typeof idxParams>;

/** The two files of a set. */
export interface IdxFiles {
  readonly images: string;
  readonly labels: string;
}

/**
 * Images and their labels as IDX files, the form of MNIST and Fashion-MNIST, gzipped or not:
 *
 *   await data.idx("fashion")                                               the folder's four files: training and test examples
 *   await data.idx({ images: "images-idx3-ubyte.gz", labels: "labels-idx1-ubyte.gz" })         one set
 *
 *   x [N, 1, H, W] f32 from 0 to 1 (byte / 255, kept as bytes), y [N] i32
 *
 * Paths begin at the notebook's folder. A file of other numbers than bytes gives them as they are, one of two axes features [N, F], one of
 * four [N, C, H, W]. Throws ConfigError for options, DataError for files that are missing, damaged or do not belong together.
 */
function read(folder: string, options?: IdxOptions): Promise<Splits>;
function read(files: IdxFiles, options?: IdxOptions): Promise<Dataset>;
async function read(source: string | IdxFiles, options: IdxOptions = {}): Promise<Dataset | Splits> {
  const checked = check(idxParams, options, "data.idx");
  if (typeof source !== "string") return await readSet(source, checked);
  const train = await readSet(filesIn(source, "train"), checked);
  const test = await readSet(filesIn(source, "test"), { ...checked, classes: train.classes as readonly string[] });
  return new Splits({ train, test });
}

export const idx = defineSource(
  {
    summary: "Images and labels in IDX files, as MNIST and Fashion-MNIST are, gzipped or not.",
    takes: "folder: string | files: { images: string; labels: string }",
    gives: "Promise<Splits> of a folder's training and test examples, Promise<Dataset> of two files",
    example: 'data.idx("data/fashion")',
    params: idxParams,
  },
  read,
);

async function readSet(
  files: IdxFiles,
  { classes, ...how }: StreamOptions & { readonly classes: readonly string[] | null },
): Promise<Dataset> {
  if (typeof files?.images !== "string" || typeof files.labels !== "string") {
    throw new ConfigError('data.idx: give a folder, or the files as { images: "...", labels: "..." }');
  }
  const [name, target] = [basename(files.images), basename(files.labels)];
  const x = how.stream ? await streamed(files.images, how.buffer) : await held(files.images);
  const bytes = await readBytes("data.idx", files.labels);
  const labels = headerOf(target, bytes, bytes.length);
  if (labels.shape.length !== 1) {
    throw new DataError(
      `${target}: labels have one axis, not ${show(labels.shape)}; are images and labels the wrong way round?`,
    );
  }
  if (labels.shape[0] !== x.shape[0]) {
    throw new DataError(
      `${target} has ${labels.shape[0]} labels, ${name} ${x.shape[0]} images; take the two files of one set`,
    );
  }
  return new Dataset({
    name,
    x,
    ...labelsOf(target, valuesOf(labels, bytes.subarray(labels.offset)), classes),
    task: "classification",
    featureNames: [],
  });
}

async function held(path: string): Promise<HostTensor> {
  const bytes = await readBytes("data.idx", path);
  const header = headerOf(basename(path), bytes, bytes.length);
  const numbers = bytes.subarray(header.offset);
  const shape = exampleShape(header.shape);
  if (header.type === BYTES) return new ByteTensor(shape, numbers, unitLevels());
  return new HostTensor(shape, "f32", Float32Array.from(valuesOf(header, numbers)));
}

async function streamed(path: string, buffer: number | null): Promise<HostTensor> {
  const { file, bytes } = await openBytes("data.idx", path);
  const header = headerOf(file.name, file.begin(MOST_HEADER), bytes);
  const { shape, offset, type } = header;
  const rowBytes = sizeOf(shape.slice(1)) * type.bytes;
  const rows = new RowFile([{ file, offset, stride: rowBytes, rows: shape[0] as number }], rowBytes);
  const decode = (given: Uint8Array) => Float32Array.from(valuesOf(header, given));
  const numbers: RowNumbers = type === BYTES ? { levels: unitLevels() } : { dtype: "f32", decode };
  return new FileTensor({ name: file.name, shape: exampleShape(shape), file: rows, numbers, buffer });
}

/** Grey images get their channel, single numbers an axis of features. */
function exampleShape([count = 0, ...example]: readonly number[]): Shape {
  return example.length === 2 ? [count, 1, ...example] : [count, ...(example.length ? example : [1])];
}

type Values = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

interface Type {
  readonly bytes: number;
  readonly array: new (length: number) => Values;
  readonly get: keyof DataView;
}

const BYTES: Type = { bytes: 1, array: Uint8Array, get: "getUint8" };

/** Types of numbers by the third byte: how many bytes each has, and how one is read. */
const TYPES: Readonly<Record<number, Type>> = {
  8: BYTES,
  9: { bytes: 1, array: Int8Array, get: "getInt8" },
  11: { bytes: 2, array: Int16Array, get: "getInt16" },
  12: { bytes: 4, array: Int32Array, get: "getInt32" },
  13: { bytes: 4, array: Float32Array, get: "getFloat32" },
  14: { bytes: 8, array: Float64Array, get: "getFloat64" },
};

/** Most axes of an IDX file: examples, channels, rows, columns. */
const MOST_AXES = 4;

const MOST_HEADER = 4 + 4 * MOST_AXES;

interface Header {
  readonly shape: Shape;
  readonly type: Type;
  /** Of the first number. */
  readonly offset: number;
}

/**
 * The header of an IDX file of `total` bytes: two zero bytes, the type of the numbers, the number of axes, the size of each; then
 * come the numbers, all big-endian (LeCun, Cortes & Burges, "The MNIST database of handwritten digits").
 */
function headerOf(file: string, bytes: Uint8Array, total: number): Header {
  if (total === 0) throw new DataError(`${file} is empty`);
  const type = TYPES[bytes[2] as number];
  const axes = bytes[3] as number;
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || type === undefined || !(axes >= 1 && axes <= MOST_AXES)) {
    const begins = [...bytes.subarray(0, 4)].map((b) => b.toString(16).padStart(2, "0")).join(" ");
    throw new DataError(
      `${file}: begins with ${begins}, which is no IDX file: those begin with 00 00 08 03 (images) or 00 00 08 01 (labels)`,
    );
  }
  const offset = 4 + 4 * axes;
  if (bytes.length < offset) throw new DataError(`${file}: ${bytes.length} bytes end within its header of ${offset}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const shape = Array.from({ length: axes }, (_, i) => view.getUint32(4 + 4 * i));
  const expected = offset + sizeOf(shape) * type.bytes;
  if (shape.includes(0)) throw new DataError(`${file}: its header says ${show(shape)}: there are no examples`);
  if (expected !== total) {
    const what = expected > total ? "it is cut off; copy or download it again" : "something follows them";
    throw new DataError(
      `${file}: its header says ${show(shape)}, ${expected} bytes in all, and there are ${total}: ${what}`,
    );
  }
  return { shape, type, offset };
}

/** The numbers in `bytes`; those of one byte without a copy. */
function valuesOf({ type }: Header, bytes: Uint8Array): Values {
  if (type === BYTES) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = new type.array(bytes.length / type.bytes);
  const get = (view[type.get] as (at: number) => number).bind(view);
  for (let i = 0; i < values.length; i++) values[i] = get(i * type.bytes);
  return values;
}

const NAMES = { train: "train", test: "t10k|test" } as const;

/** The two files of one part in a folder, by the names that MNIST and its successors give them. */
function filesIn(folder: string, part: "train" | "test"): IdxFiles {
  const full = folderAt("data.idx", folder);
  const there = readdirSync(full).sort();
  const one = (what: "images" | "labels"): string => {
    const name = new RegExp(`(^|[-_.])(${NAMES[part]})-${what}[-.]idx\\d(-ubyte)?(\\.gz)?$`);
    const found = there.filter((file) => name.test(file));
    // a file and its packed copy are the same
    const [first, second] = found.filter((file) => !(file.endsWith(".gz") && found.includes(file.slice(0, -3))));
    if (first === undefined) {
      const usual = `${part === "train" ? "train" : "t10k"}-${what}-idx${what === "images" ? 3 : 1}-ubyte.gz`;
      throw new DataError(
        `data.idx: no ${usual} in ${full}, nor without .gz; name the files, as { images: "...", labels: "..." }`,
      );
    }
    if (second !== undefined) {
      throw new DataError(
        `data.idx: ${first} and ${second} are both in ${full}; name one, as { images: "...", labels: "..." }`,
      );
    }
    return join(full, first);
  };
  return { images: one("images"), labels: one("labels") };
}
