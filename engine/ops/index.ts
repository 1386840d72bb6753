export * from "./arithmetic.ts";
export * from "./arranging.ts";
export { batched } from "./batching.ts";
export {
  conv2d,
  convolution,
  transposedConvolution,
  turned,
} from "./convolution.ts";
export { einsum } from "./einsum.ts";
export * from "./elementary.ts";
export { evaluate } from "./evaluate.ts";
export { extend } from "./extend.ts";
export { gradients } from "./gradients.ts";
export * from "./indexing.ts";
export { lifted, literal, literalValue } from "./literal.ts";
export { methods, type Operands } from "./methods.ts";
export * from "./movement.ts";
export type * from "./node.ts";
export { topological } from "./order.ts";
export { within } from "./part.ts";
export * from "./products.ts";
export * from "./random.ts";
export * from "./reductions.ts";
export { opNamed, ops } from "./registry.ts";
export { type Said, saidOf } from "./said.ts";
export * from "./scan.ts";
export * from "./similarity.ts";
export * from "./sorting.ts";
export * from "./tensor.ts";
export { overlapped, windows } from "./windows.ts";
