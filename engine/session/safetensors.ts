import { CheckpointError } from "../errors/index.ts";
import { HostTensor } from "../tensor/hostTensor.ts";
import { type DType, hostArray, sizeOf } from "../tensor/index.ts";

/*
 * The safetensors format, version 0.4: u64 header length, JSON header, then the tensors' bytes, little-endian and
 * row-major. https://github.com/huggingface/safetensors#format
 */

const DTYPES: Readonly<Record<string, DType>> = { F32: "f32", I32: "i32", U32: "u32", BOOL: "bool" };
const NAMES: Readonly<Record<DType, string>> = { f32: "F32", i32: "I32", u32: "U32", bool: "BOOL" };
const MAX_HEADER_BYTES = 100_000_000;

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

/** Throws CheckpointError, beginning with `where`, for a file that is cut off, damaged or of another kind. */
export function decodeSafetensors(file: Uint8Array, where: string): SafeTensors {
  const broken = (what: string) => new CheckpointError(`${where}: ${what}; it is no complete safetensors file`);
  if (file.length < 8) throw broken(`${file.length} bytes`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || 8 + length > file.length) {
    throw broken(`a header of ${length} bytes in a file of ${file.length}`);
  }
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(file.subarray(8, 8 + length)));
  } catch (cause) {
    throw new CheckpointError(`${where}: its header is not JSON; it is no complete safetensors file`, { cause });
  }
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors = new Map<string, HostTensor>();
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype: type, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
    const dtype = DTYPES[String(type)];
    if (!dtype)
      throw new CheckpointError(`${where}: "${name}" has dtype ${String(type)}; F32, I32, U32 and BOOL are read`);
    const [begin, end] = Array.isArray(offsets) ? (offsets as number[]) : [];
    const sizes = Array.isArray(shape) ? (shape as number[]) : [-1];
    const bytes = sizeOf(sizes) * (dtype === "bool" ? 1 : 4);
    const whole = Number.isInteger(begin) && Number.isInteger(end) && sizes.every((d) => Number.isInteger(d) && d >= 0);
    if (!whole || (end as number) - (begin as number) !== bytes || (begin as number) < 0) {
      throw broken(`"${name}" ${JSON.stringify(entry)} does not add up`);
    }
    const from = 8 + length + (begin as number);
    if (from + bytes > file.length) throw broken(`"${name}" ends at byte ${from + bytes} of ${file.length}`);
    const data = hostArray(dtype, sizeOf(sizes));
    const raw = file.slice(from, from + bytes);
    if (dtype === "bool") data.set(raw);
    else new Uint8Array(data.buffer).set(raw);
    tensors.set(name, new HostTensor(sizes, dtype, data));
  }
  return { tensors, metadata: metadata as Record<string, string> };
}
