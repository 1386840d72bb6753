export { type Export, onnxOf } from "./export.ts";
