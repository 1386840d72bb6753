export { initializationPlot as initialization } from "./initialization.ts";
export { learningCurve } from "./learningCurve.ts";
