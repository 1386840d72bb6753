const TYPES = {
  u8: [0x08, 1, "setUint8"],
  i8: [0x09, 1, "setInt8"],
  i16: [0x0b, 2, "setInt16"],
  i32: [0x0c, 4, "setInt32"],
  f32: [0x0d, 4, "setFloat32"],
  f64: [0x0e, 8, "setFloat64"],
} as const;

/** An IDX file of these numbers. */
export function idxFile(
  shape: readonly number[],
  type: keyof typeof TYPES,
  values: readonly number[],
): Uint8Array<ArrayBuffer> {
  const [code, bytes, set] = TYPES[type];
  const header = 4 + 4 * shape.length;
  const file = new Uint8Array(header + bytes * values.length);
  const view = new DataView(file.buffer);
  file.set([0, 0, code, shape.length]);
  shape.forEach((length, axis) => {
    view.setUint32(4 + 4 * axis, length);
  });
  values.forEach((value, i) => {
    view[set](header + bytes * i, value);
  });
  return file;
}
