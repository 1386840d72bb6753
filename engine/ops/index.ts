export * from "./arithmetic.ts";
export { evaluate } from "./evaluate.ts";
export { gradients } from "./gradients.ts";
export * from "./movement.ts";
export type * from "./node.ts";
export { topological } from "./order.ts";
export * from "./reductions.ts";
export { opNamed, ops } from "./registry.ts";
export * from "./tensor.ts";
