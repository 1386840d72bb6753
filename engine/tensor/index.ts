export * from "./byteTensor.ts";
export * from "./dtype.ts";
export * from "./hostTensor.ts";
export * from "./shape.ts";
