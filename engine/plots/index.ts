export { decodeColumns, encodeColumns, type NumberColumns } from "./columns.ts";
export { definePlot, type Plot, type PlotDeclaration, type Spec } from "./plot.ts";
export { type CurveOptions, CurveRecorder, type CurveRows, type EpochRow } from "./recorder.ts";
