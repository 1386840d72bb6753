import { comparedRuns, comparisonText } from "../../compare/index.ts";
import type { Plots } from "../../protocol/index.ts";
import { RecordedCurve } from "./curve.ts";
import { RecordedLayers } from "./layers.ts";

/** The door of dist/plots.mjs: what the editor asks of the plots, for what stands on disk. */
export const plots: Plots = {
  learningCurve: (id, folder) => new RecordedCurve(id, folder),
  layers: (id) => new RecordedLayers(id),
  compare: comparedRuns,
  comparisonText,
};
