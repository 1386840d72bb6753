import "./methods.ts";

export * from "./arithmetic.ts";
export { batched } from "./batching.ts";
export { conv2d } from "./convolution.ts";
export { evaluate } from "./evaluate.ts";
export { gradients } from "./gradients.ts";
export * from "./movement.ts";
export type * from "./node.ts";
export { topological } from "./order.ts";
export { within } from "./part.ts";
export * from "./products.ts";
export * from "./random.ts";
export * from "./reductions.ts";
export { opNamed, ops } from "./registry.ts";
export * from "./tensor.ts";
export { windows } from "./windows.ts";
