export { decodeColumns, encodeColumns, type NumberColumns } from "./columns.ts";
export { type CurveOptions, CurveRecorder, type CurveRows, type EpochRow } from "./recorder.ts";
