import type { Columns } from "../protocol/index.ts";

/** Numbers by column; NaN is a missing value. All columns of a table have the same length. */
export type NumberColumns = Readonly<Record<string, ArrayLike<number>>>;

/** Numbers as the protocol carries them: little-endian float64 in base64. What is not finite becomes NaN, "missing". */
export function encodeColumns(columns: NumberColumns): Columns {
  return Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, { f64: encode(values) }]));
}

/** The numbers of a message; text columns are left out. */
export function decodeColumns(columns: Columns): Record<string, Float64Array> {
  const out: Record<string, Float64Array> = {};
  for (const [name, column] of Object.entries(columns)) {
    if ("f64" in column) out[name] = decode(column.f64);
  }
  return out;
}

function encode(values: ArrayLike<number>): string {
  const bytes = new DataView(new ArrayBuffer(8 * values.length));
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    bytes.setFloat64(8 * i, Number.isFinite(value) ? value : Number.NaN, true);
  }
  return Buffer.from(bytes.buffer).toString("base64");
}

function decode(base64: string): Float64Array {
  const bytes = Buffer.from(base64, "base64");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: bytes.byteLength >> 3 }, (_, i) => view.getFloat64(8 * i, true));
}
