import type { Declared } from "../notebook/cellCode.ts";

/** A command that puts a diagnostic's call below an experiment or run and runs it. */
export interface DiagnosticCommand {
  /** In the palette, behind "dlnb: ", in English. */
  title: string;
  /** What follows the name of the experiment or run: `findLearningRate` in `await exp.findLearningRate()`. */
  path: string;
  /** What it acts on, best first. */
  of: readonly Declared["kind"][];
  /** Ending of the file that the call writes, which is its argument: a name that is free beside the notebook. */
  writes?: "onnx" | "py";
}

/** Calls that write a model or its definition for other programs. */
export const exportCommands: Readonly<Record<string, DiagnosticCommand>> = {
  "dlnb.exportOnnx": {
    title: "Export ONNX Model",
    path: "exportOnnx",
    of: ["run"],
    writes: "onnx",
  },
  "dlnb.exportPyTorch": {
    title: "Export PyTorch Script",
    path: "exportPyTorch",
    of: ["experiment"],
    writes: "py",
  },
};

/** By command id; package.json lists the same ones. */
export const diagnosticCommands: Readonly<Record<string, DiagnosticCommand>> = {
  "dlnb.findLearningRate": {
    title: "Find Learning Rate",
    path: "findLearningRate",
    of: ["experiment"],
  },
  "dlnb.preflight": {
    title: "Preflight Check",
    path: "preflight",
    of: ["experiment"],
  },
  "dlnb.overfitBatch": {
    title: "Overfit One Batch",
    path: "overfitBatch",
    of: ["experiment"],
  },
  "dlnb.checkGradients": {
    title: "Check Gradients",
    path: "checkGradients",
    of: ["experiment", "run"],
  },
  "dlnb.compareOptimizers": {
    title: "Compare Optimizers",
    path: "compareOptimizers",
    of: ["experiment"],
  },
  "dlnb.compareSchedules": {
    title: "Compare Schedules",
    path: "compareSchedules",
    of: ["experiment"],
  },
  "dlnb.inspectInitialization": {
    title: "Inspect Initialization",
    path: "inspect.initialization",
    of: ["experiment"],
  },
  "dlnb.inspectActivations": {
    title: "Inspect Activations",
    path: "inspect.activations",
    of: ["run", "experiment"],
  },
  "dlnb.inspectBatchNorm": {
    title: "Inspect Batch Norm",
    path: "inspect.batchNorm",
    of: ["run", "experiment"],
  },
  "dlnb.gradientFlow": {
    title: "Gradient Flow",
    path: "inspect.gradients",
    of: ["run", "experiment"],
  },
  "dlnb.plotLandscape": {
    title: "Plot Loss Landscape",
    path: "landscape",
    of: ["run", "experiment"],
  },
  "dlnb.profileStep": {
    title: "Profile Training Step",
    path: "profile",
    of: ["experiment", "run"],
  },
  "dlnb.diagnoseRun": {
    title: "Diagnose Run",
    path: "diagnose",
    of: ["run", "experiment"],
  },
};
