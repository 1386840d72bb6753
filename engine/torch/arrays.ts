import { zipSync } from "fflate";
import type { HostTensor } from "../tensor/hostTensor.ts";

/** Arrays as numpy.savez writes them into one file. */
export function npz(arrays: Readonly<Record<string, HostTensor>>): Uint8Array {
  const files = Object.entries(arrays).map(([name, tensor]) => [`${name}.npy`, npy(tensor)] as const);
  return zipSync(Object.fromEntries(files), { level: 1, mtime: new Date(1980, 0, 1, 12) });
}

const TYPES = { f32: "<f4", i32: "<i8", u32: "<u4", bool: "|b1" } as const;

/** Version 1.0 of numpy.lib.format. PyTorch takes classes and tokens in 64 bits only. */
function npy({ shape, dtype, data }: HostTensor): Uint8Array {
  const list = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const described = `{'descr': '${TYPES[dtype]}', 'fortran_order': False, 'shape': ${list}, }`;
  const header = `${described.padEnd(Math.ceil((described.length + 11) / 64) * 64 - 11)}\n`;
  const words = dtype === "i32" ? BigInt64Array.from(data as Int32Array, BigInt) : data;
  const body =
    dtype === "bool" ? Uint8Array.from(data) : new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  const file = new Uint8Array(10 + header.length + body.length);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 0xff, header.length >> 8]);
  file.set(new TextEncoder().encode(header), 10);
  file.set(body, 10 + header.length);
  return file;
}
