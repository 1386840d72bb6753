export { type Export, onnxOf } from "./export.ts";
export { type Batches, broadcastExtents, type Extent, extentOf, sameExtents } from "./extent.ts";
