export { inContext, type RunContext } from "../context/index.ts";
export { extentOf } from "./course.ts";
export { Experiment, experiment } from "./experiment.ts";
export { exportParams } from "./exportOnnx.ts";
export { exportPyTorchParams } from "./exportPyTorch.ts";
export { earlyStoppingParams, experimentParams, fitParams } from "./options.ts";
export { remarksOn, remarksOnFit } from "./remarks.ts";
export { Run } from "./run.ts";
export { loadParams } from "./stateDict.ts";
