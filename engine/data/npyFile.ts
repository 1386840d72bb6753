import { DataError } from "../errors/index.ts";
import { type Shape, show, sizeOf } from "../tensor/index.ts";
import { checkFits } from "./bytes.ts";

/** Numbers of an .npy file in C order. */
export interface NpyArray {
  readonly shape: Shape;
  /** NumPy's letter and bytes, as `f4`. */
  readonly type: string;
  readonly values: Float32Array | Float64Array | Int32Array | Uint8Array;
}

/** Where the numbers of an .npy file lie, and how one is read. */
export interface NpyHeader {
  readonly shape: Shape;
  readonly type: string;
  readonly little: boolean;
  readonly fortran: boolean;
  /** Of the first number, in the file. */
  readonly offset: number;
  readonly itemBytes: number;
}

type Get = (view: DataView, at: number, little: boolean) => number;

/** How a number of each of NumPy's types is read. */
const TYPES: Readonly<Record<string, Get>> = {
  b1: (view, at) => Number(view.getUint8(at) !== 0),
  u1: (view, at) => view.getUint8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
  i1: (view, at) => view.getInt8(at),
  i2: (view, at, little) => view.getInt16(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  f2: (view, at, little) => half(view.getUint16(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
};

/** IEEE 754 binary16. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** Longest header that is believed: NumPy's own are of a few hundred bytes. */
export const MOST_HEADER = 65_536;

/**
 * The header of an .npy file, versions 1 to 3, from its first bytes (NumPy Enhancement Proposal 1 and numpy.lib.format). `total` is
 * how many bytes the file has. Throws DataError naming `file`.
 */
export function npyHeader(file: string, bytes: Uint8Array, total = bytes.length): NpyHeader {
  if (total === 0) throw new DataError(`${file} is empty`);
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) {
    throw new DataError(`${file}: does not begin as .npy files do, with 93 "NUMPY"; save it with numpy.save`);
  }
  const version = bytes[6] as number;
  if (!(version >= 1 && version <= 3)) throw new DataError(`${file}: .npy version ${version} is not one of 1, 2, 3`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = version === 1 ? 10 : 12;
  const length = bytes.length < start ? Infinity : version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const offset = start + length;
  if (offset > bytes.length) throw new DataError(`${file}: it is cut off within its header`);
  const text = new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(bytes.subarray(start, offset));
  const found = (name: string, value: string) => new RegExp(`['"]${name}['"]\\s*:\\s*${value}`).exec(text)?.[1];
  const descr = found("descr", `['"]([^'"]*)['"]`);
  const order = found("fortran_order", "(True|False)");
  const sizes = found("shape", "\\(([\\d\\s,L]*)\\)");
  if (/['"]descr['"]\s*:\s*\[/.test(text))
    throw new DataError(`${file}: records of several fields; save each field by itself`);
  if (descr === undefined || order === undefined || sizes === undefined) {
    throw new DataError(
      `${file}: its header ${JSON.stringify(text.trim().slice(0, 80))} lacks descr, fortran_order or shape`,
    );
  }
  const [, byteOrder, type] = /^([<>|=]?)(.+)$/.exec(descr) ?? [];
  if (type === undefined || !Object.hasOwn(TYPES, type)) {
    throw new DataError(
      `${file}: numbers of type "${descr}"; convert them to ${Object.keys(TYPES).join(", ")}, as array.astype("f4")`,
    );
  }
  const shape = sizes
    .split(",")
    .map((size) => size.replace("L", "").trim())
    .filter(Boolean)
    .map(Number);
  const itemBytes = Number(type.slice(1));
  const expected = sizeOf(shape) * itemBytes;
  if (expected !== total - offset) {
    const what = expected > total - offset ? "it is cut off; copy or save it again" : "something follows them";
    throw new DataError(
      `${file}: its header says ${show(shape)} ${type}, ${expected} bytes of numbers, and there are ${total - offset}: ${what}`,
    );
  }
  return { shape, type, little: byteOrder !== ">", fortran: order === "True", offset, itemBytes };
}

/** Numbers of a type in C order; bytes as such, others as f32, i32 or, where these would lose digits, f64. */
export function npyValues(bytes: Uint8Array, type: string, little: boolean): NpyArray["values"] {
  if (type === "u1") return bytes;
  const itemBytes = Number(type.slice(1));
  const values = arrayFor(type, bytes.length / itemBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const get = TYPES[type] as Get;
  for (let i = 0; i < values.length; i++) values[i] = get(view, i * itemBytes, little);
  return values;
}

function arrayFor(type: string, length: number): NpyArray["values"] {
  if (type === "u1") return new Uint8Array(length);
  if (["f8", "i8", "u8", "u4"].includes(type)) return new Float64Array(length);
  return type.startsWith("f") ? new Float32Array(length) : new Int32Array(length);
}

/** The numbers of an .npy file, in C order whatever the file's. */
export function npyArray(file: string, bytes: Uint8Array): NpyArray {
  const { shape, type, little, fortran, offset } = npyHeader(file, bytes);
  const count = sizeOf(shape);
  checkFits(file, 4 * count, "save it in parts");
  const stored = npyValues(bytes.subarray(offset), type, little);
  if (!fortran) return { shape, type, values: stored };
  // the first axis changes fastest in the file, the last one here
  const values = arrayFor(type, count);
  const at = shape.map(() => 0);
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  let from = 0;
  for (let i = 0; i < count; i++) {
    values[i] = stored[from] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at[axis] = (at[axis] as number) + 1;
      from += strides[axis] as number;
      if ((at[axis] as number) < (shape[axis] as number)) break;
      from -= (shape[axis] as number) * (strides[axis] as number);
      at[axis] = 0;
    }
  }
  return { shape, type, values };
}
