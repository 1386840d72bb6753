export * from "./byteTensor.ts";
export * from "./dtype.ts";
export * from "./hostTensor.ts";
export { originOf, setOrigin } from "./origin.ts";
export * from "./shape.ts";
