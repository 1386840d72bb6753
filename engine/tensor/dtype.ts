/** Element types. Every element takes one 32-bit word on every backend; `bool` is stored as 0 or 1. */
export type DType = "f32" | "i32" | "u32" | "bool";

export const DTYPES: readonly unknown[] = ["f32", "i32", "u32", "bool"] satisfies DType[];

export type TypedArray = Float32Array | Int32Array | Uint32Array;

export const WORD_BYTES = 4;

/** The typed array that holds `dtype` on the host (`bool` as Uint32Array of 0 and 1). */
export function hostArray(dtype: DType, length: number): TypedArray {
  if (dtype === "f32") return new Float32Array(length);
  return dtype === "i32" ? new Int32Array(length) : new Uint32Array(length);
}

/** The same words seen as another dtype. */
export function viewAs(dtype: DType, words: ArrayBufferView): TypedArray {
  const { buffer, byteOffset, byteLength } = words;
  if (dtype === "f32") return new Float32Array(buffer as ArrayBuffer, byteOffset, byteLength / WORD_BYTES);
  if (dtype === "i32") return new Int32Array(buffer as ArrayBuffer, byteOffset, byteLength / WORD_BYTES);
  return new Uint32Array(buffer as ArrayBuffer, byteOffset, byteLength / WORD_BYTES);
}
