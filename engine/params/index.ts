export * from "./check.ts";
export * from "./library.ts";
export * from "./param.ts";
export { type Range, range } from "./range.ts";
