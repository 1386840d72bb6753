import { CheckpointError } from "../errors/index.ts";
import { HostTensor } from "../tensor/hostTensor.ts";
import { type DType, hostArray, sizeOf } from "../tensor/index.ts";

/*
 * The safetensors format, version 0.4: u64 header length, JSON header, then the tensors' bytes, little-endian and
 * row-major. https://github.com/huggingface/safetensors#format
 */

const NAMES: Readonly<Record<DType, string>> = { f32: "F32", i32: "I32", u32: "U32", bool: "BOOL" };
const MAX_HEADER_BYTES = 100_000_000;

/** How elements of a type are read, and as what they are kept. */
interface Reader {
  readonly bytes: number;
  readonly dtype: DType;
  /** All elements of `raw`, which begins on a multiple of 8. */
  all(raw: ArrayBuffer): ArrayLike<number | bigint>;
}

const reader = (
  dtype: DType,
  array: { new (raw: ArrayBuffer): ArrayLike<number | bigint>; BYTES_PER_ELEMENT: number },
): Reader => ({ bytes: array.BYTES_PER_ELEMENT, dtype, all: (raw) => new array(raw) });

/** Types of the format; those that the library does not have are brought to the nearest that it has. */
const READERS: Readonly<Record<string, Reader>> = {
  F64: reader("f32", Float64Array),
  F32: reader("f32", Float32Array),
  F16: { bytes: 2, dtype: "f32", all: (raw) => new Float16Array(raw) },
  BF16: { bytes: 2, dtype: "f32", all: (raw) => widened(new Uint16Array(raw)) },
  I64: reader("i32", BigInt64Array),
  I32: reader("i32", Int32Array),
  I16: reader("i32", Int16Array),
  I8: reader("i32", Int8Array),
  U64: reader("u32", BigUint64Array),
  U32: reader("u32", Uint32Array),
  U16: reader("i32", Uint16Array),
  U8: reader("i32", Uint8Array),
  BOOL: reader("bool", Uint8Array),
};

/** bfloat16 is the upper half of an f32. */
function widened(halves: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}

export interface SafeTensors {
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The file's bytes; the header is padded so that the data begins on a multiple of 8. */
export function encodeSafetensors({ tensors, metadata }: SafeTensors): Uint8Array {
  const entries: [string, unknown][] = Object.keys(metadata).length ? [["__metadata__", metadata]] : [];
  let end = 0;
  for (const [name, t] of tensors) {
    const begin = end;
    end += t.size * (t.dtype === "bool" ? 1 : 4);
    entries.push([name, { dtype: NAMES[t.dtype], shape: t.shape, data_offsets: [begin, end] }]);
  }
  // not by assignment: a tensor may be called "__proto__"
  let json = JSON.stringify(Object.fromEntries(entries));
  json += " ".repeat((8 - (Buffer.byteLength(json) % 8)) % 8);
  const head = Buffer.from(json);
  const file = new Uint8Array(8 + head.length + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(head.length), true);
  file.set(head, 8);
  let at = 8 + head.length;
  for (const t of tensors.values()) {
    const bytes =
      t.dtype === "bool"
        ? Uint8Array.from(t.data)
        : new Uint8Array(t.data.buffer, t.data.byteOffset, t.data.byteLength);
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

/**
 * The tensors of a file. Throws CheckpointError, beginning with `where`, for a file that is cut off, damaged or of another kind,
 * for a type of element that it does not know, and for whole numbers that do not fit into 32 bits.
 */
export function decodeSafetensors(file: Uint8Array, where: string): SafeTensors {
  const broken = (what: string) => new CheckpointError(`${where}: ${what}; it is no complete safetensors file`);
  if (file.length < 8) throw broken(`${file.length} bytes`);
  const length = Number(new DataView(file.buffer, file.byteOffset, file.byteLength).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || 8 + length > file.length) {
    throw broken(`a header of ${length} bytes in a file of ${file.length}`);
  }
  const { __metadata__: metadata = {}, ...entries } = headerOf(file.subarray(8, 8 + length), where);
  if (!isRecord(metadata) || Object.values(metadata).some((v) => typeof v !== "string")) {
    throw broken("its metadata are not texts by name");
  }
  const body = file.subarray(8 + length);
  const tensors = new Map<string, HostTensor>();
  const spans: Span[] = [];
  for (const [name, entry] of Object.entries(entries)) {
    const span = spanOf(name, entry);
    if (typeof span === "string") throw broken(`"${name}" ${JSON.stringify(entry)} ${span}`);
    const { type, begin, end, shape } = span;
    const kind = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
    if (!kind) {
      const known = Object.keys(READERS).join(", ");
      throw new CheckpointError(`${where}: "${name}" has elements of type ${type}; ${known} are read`);
    }
    const size = sizeOf(shape);
    if (end - begin !== size * kind.bytes) throw broken(`"${name}" ${JSON.stringify(entry)} does not add up`);
    if (end > body.length) throw broken(`"${name}" ends at byte ${end} of ${body.length}`);
    spans.push(span);
    const data = hostArray(kind.dtype, size);
    const raw = kind.all(new Uint8Array(body.subarray(begin, end)).buffer); // a copy, even of a Buffer
    for (let i = 0; i < size; i++) data[i] = Number(raw[i]);
    if (type === "I64" || type === "U64") requireExact(data, raw, `${where}: "${name}"`);
    tensors.set(name, new HostTensor(shape, kind.dtype, data));
  }
  const trouble = gap(spans, body.length);
  if (trouble !== undefined) throw broken(trouble);
  return { tensors, metadata: metadata as Record<string, string> };
}

function headerOf(bytes: Uint8Array, where: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new CheckpointError(`${where}: its header is not JSON; it is no complete safetensors file`, { cause });
  }
  if (isRecord(header)) return header;
  throw new CheckpointError(`${where}: its header holds no tensors by name; it is no complete safetensors file`);
}

interface Span {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What the header says of a tensor, or what is wrong with it. */
function spanOf(name: string, entry: unknown): Span | string {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (typeof dtype !== "string" || !areCounts(shape) || !areCounts(offsets) || offsets.length !== 2) {
    return "has no dtype, shape and data_offsets";
  }
  const [begin, end] = offsets as [number, number];
  return begin <= end ? { name, type: dtype, shape, begin, end } : "ends before it begins";
}

/** Tensors lie one after the other without a gap: what is wrong with how they lie, if something is. */
function gap(spans: readonly Span[], length: number): string | undefined {
  let at = 0;
  for (const { name, begin, end } of spans.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < at) return `"${name}" overlaps the tensor before it`;
    if (begin > at) return `bytes ${at} to ${begin}, before "${name}", belong to no tensor`;
    at = end;
  }
  return at === length ? undefined : `${length - at} bytes behind the last tensor belong to none`;
}

function requireExact(data: ArrayLike<number>, raw: ArrayLike<number | bigint>, where: string): void {
  for (let i = 0; i < data.length; i++) {
    if (BigInt(data[i] as number) !== raw[i]) {
      throw new CheckpointError(`${where} holds ${raw[i]}, which does not fit into 32 bits`);
    }
  }
}

const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === "object" && x !== null && !Array.isArray(x);

const areCounts = (x: unknown): x is number[] => Array.isArray(x) && x.every((n) => Number.isSafeInteger(n) && n >= 0);
