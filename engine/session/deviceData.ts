import { type Dataset, FileTensor, inMemory } from "../data/index.ts";
import * as ops from "../ops/index.ts";
import { input, type Tensor } from "../ops/index.ts";
import {
  ByteTensor,
  type DType,
  type HostTensor,
  LEVELS,
  type Shape,
  sizeOf,
  type TypedArray,
} from "../tensor/index.ts";
import type { Places } from "./forward.ts";

/** A tensor on the device, a row for each example. */
export interface Stored {
  /** Of one example. */
  readonly shape: Shape;
  readonly dtype: DType;
  /** How many tables say what a byte stands for, where numbers are kept as bytes, four in a word: see `ByteTensor`. */
  readonly groups?: number;
}

/** A data set on the device: rows of `x` and `y`. */
export interface DeviceData {
  readonly name: string;
  readonly count: number;
  /** How many of its examples are on the device at a time, where they are brought there in windows: cursors count from a window's first. */
  readonly window?: number;
  readonly x: Stored;
  readonly y: Stored;
}

const stored = (t: HostTensor): Stored => ({
  shape: t.shape.slice(1),
  dtype: t.dtype,
  ...(t instanceof ByteTensor && { groups: t.groups }),
});

/** What the training set of batches of so many examples is on the device: whole, or a window of it where it stays in its file. */
export const trainingData = (train: Dataset, batchSize: number): DeviceData =>
  train.x instanceof FileTensor
    ? windowedData("train", train, train.x.windowOf(batchSize))
    : deviceData("train", train);

/** What `set` is on the device, whole. Throws DataError for one that is streamed and larger than what is held of such. */
export const deviceData = (name: string, { x, y, size }: Dataset): DeviceData => ({
  name,
  count: size,
  x: stored(inMemory(x)),
  y: stored(inMemory(y)),
});

/** What it is in windows of so many examples. */
export const windowedData = (name: string, { x, y, size }: Dataset, window: number): DeviceData => ({
  name,
  count: size,
  window,
  x: stored(x instanceof FileTensor ? x.readNow([0]) : x),
  y: stored(y),
});

/** Rows of the buffers. */
const rowsOf = ({ count, window = count }: DeviceData): number => window;

const BYTES = 4;

const rowWords = ({ shape, groups }: Stored): number =>
  groups === undefined ? sizeOf(shape) : Math.ceil(sizeOf(shape) / BYTES);

const levelsOf = (name: string): string => `${name} levels`;

/** Words of the buffers of a data set, by name. */
export const dataWords = (data: DeviceData): Record<string, number> =>
  Object.fromEntries(
    (["x", "y"] as const).flatMap((part) => {
      const name = `${data.name} ${part}`;
      const { groups } = data[part];
      const rows: [string, number] = [name, Math.max(1, rowWords(data[part])) * rowsOf(data)];
      return groups === undefined ? [rows] : [rows, [levelsOf(name), groups * LEVELS] as [string, number]];
    }),
  );

/** What the buffers of a tensor are filled with. */
export function* contents(name: string, given: HostTensor): Generator<[name: string, words: TypedArray]> {
  const t = inMemory(given);
  if (!(t instanceof ByteTensor)) {
    yield [name, t.data];
    return;
  }
  yield [name, packed(t)];
  yield [levelsOf(name), t.levels];
}

/** Bytes as words, every row from a word of its own on. */
function packed({ bytes, shape }: ByteTensor): Uint32Array {
  const rows = shape[0] as number;
  const row = bytes.length / rows;
  if (row % BYTES === 0 && bytes.byteOffset % BYTES === 0) {
    return new Uint32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length / BYTES);
  }
  const words = new Uint32Array(rows * Math.ceil(row / BYTES));
  const into = new Uint8Array(words.buffer);
  const stride = into.length / rows;
  for (let r = 0; r < rows; r++) into.set(bytes.subarray(r * row, (r + 1) * row), r * stride);
  return words;
}

/** The examples at `rows` [B] i32 of a set on the device, as [B, ...]; where they lie is added to `places`. */
export function examples(data: DeviceData, part: "x" | "y", rows: Tensor, places: Places): Tensor {
  const name = `${data.name} ${part}`;
  const { shape, dtype, groups } = data[part];
  const place = (buffer: string, of: Shape, as: DType): Tensor => {
    places[buffer] = { buffer, offset: 0 };
    return input(buffer, of, as);
  };
  if (groups === undefined) return ops.gather(place(name, [rowsOf(data), ...shape], dtype), rows);
  const words = rowWords(data[part]);
  const size = sizeOf(shape);
  const bytes = unpacked(ops.gather(place(name, [rowsOf(data), words], "u32"), rows));
  const own = words * BYTES === size ? bytes : ops.slice(bytes, 1, 0, size);
  const grouped = ops.reshape(own, [...rows.shape, groups, size / groups]);
  const level = ops.add(grouped, ops.mul(ops.iota(grouped.shape, rows.rank), LEVELS));
  const levels = place(levelsOf(name), [groups * LEVELS], "f32");
  return ops.reshape(ops.gather(levels, level), [...rows.shape, ...shape]);
}

/** The bytes of words [B, W] u32, low ones first, as [B, 4 W] i32. */
function unpacked(words: Tensor): Tensor {
  const [batch, count] = words.shape as [number, number];
  const each = [batch, count, BYTES];
  const four = ops.broadcastTo(ops.reshape(words, [batch, count, 1]), each);
  const place = ops.iota(each, 2, "u32");
  // moved to the top, whereby those above fall out, and from there to the bottom
  const up = [1, 2].reduce(
    (other, byte) => ops.select(ops.equal(place, byte), ops.constant(256 ** (3 - byte), each, "u32"), other),
    ops.select(ops.equal(place, 0), ops.constant(256 ** 3, each, "u32"), ops.constant(1, each, "u32")),
  );
  const low = ops.div(ops.mul(four, up), 256 ** 3);
  return ops.reshape(ops.cast(low, "i32"), [batch, count * BYTES]);
}
