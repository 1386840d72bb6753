export { csv } from "./csv.ts";
export { idx } from "./idx.ts";
export { tensors } from "./tensors.ts";
export { text } from "./text.ts";
