export { FileTensor, inMemory, type RowNumbers, upTo } from "./fileTensor.ts";
export { type StreamOptions, streamParams } from "./params.ts";
export { RowFile, type Segment, Spill } from "./rowFile.ts";
