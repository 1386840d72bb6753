import type { Declared } from "../notebook/cellCode.ts";

/** A command that puts a diagnostic's call below an experiment or run and runs it. */
export interface DiagnosticCommand {
  /** In the palette, behind "dlnb: ". */
  title: string;
  /** What follows the name of the experiment or run: `findLearningRate` in `await exp.findLearningRate()`. */
  path: string;
  /** What it acts on, best first. */
  of: readonly Declared["kind"][];
  /** Completes "Open a .dlnb notebook to ..." and "There is no experiment to ...". */
  purpose: string;
  /** Ending of the file that the call writes, which is its argument: a name that is free beside the notebook. */
  writes?: "onnx" | "py";
}

/** Calls that write a model or its definition for other programs. */
export const exportCommands: Readonly<Record<string, DiagnosticCommand>> = {
  "dlnb.exportOnnx": {
    title: "Export ONNX Model",
    path: "exportOnnx",
    of: ["run"],
    purpose: "export",
    writes: "onnx",
  },
  "dlnb.exportPyTorch": {
    title: "Export PyTorch Script",
    path: "exportPyTorch",
    of: ["experiment"],
    purpose: "write in PyTorch",
    writes: "py",
  },
};

/** By command id; package.json lists the same ones. */
export const diagnosticCommands: Readonly<Record<string, DiagnosticCommand>> = {
  "dlnb.findLearningRate": {
    title: "Find Learning Rate",
    path: "findLearningRate",
    of: ["experiment"],
    purpose: "find a learning rate for",
  },
  "dlnb.preflight": {
    title: "Preflight Check",
    path: "preflight",
    of: ["experiment"],
    purpose: "check",
  },
  "dlnb.overfitBatch": {
    title: "Overfit One Batch",
    path: "overfitBatch",
    of: ["experiment"],
    purpose: "overfit one batch with",
  },
  "dlnb.checkGradients": {
    title: "Check Gradients",
    path: "checkGradients",
    of: ["experiment", "run"],
    purpose: "check the gradients of",
  },
  "dlnb.compareOptimizers": {
    title: "Compare Optimizers",
    path: "compareOptimizers",
    of: ["experiment"],
    purpose: "compare optimizers for",
  },
  "dlnb.compareSchedules": {
    title: "Compare Schedules",
    path: "compareSchedules",
    of: ["experiment"],
    purpose: "compare schedules for",
  },
  "dlnb.inspectInitialization": {
    title: "Inspect Initialization",
    path: "inspect.initialization",
    of: ["experiment"],
    purpose: "inspect the initialization of",
  },
  "dlnb.inspectActivations": {
    title: "Inspect Activations",
    path: "inspect.activations",
    of: ["run", "experiment"],
    purpose: "inspect the activations of",
  },
  "dlnb.inspectBatchNorm": {
    title: "Inspect Batch Norm",
    path: "inspect.batchNorm",
    of: ["run", "experiment"],
    purpose: "inspect the batch norm of",
  },
  "dlnb.gradientFlow": {
    title: "Gradient Flow",
    path: "inspect.gradients",
    of: ["run", "experiment"],
    purpose: "follow the gradients of",
  },
  "dlnb.plotLandscape": {
    title: "Plot Loss Landscape",
    path: "landscape",
    of: ["run", "experiment"],
    purpose: "plot the loss landscape of",
  },
  "dlnb.profileStep": {
    title: "Profile Training Step",
    path: "profile",
    of: ["experiment", "run"],
    purpose: "profile",
  },
  "dlnb.diagnoseRun": {
    title: "Diagnose Run",
    path: "diagnose",
    of: ["run", "experiment"],
    purpose: "diagnose",
  },
};
