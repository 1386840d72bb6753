export { type TorchModel, torchModel } from "./model.ts";
export { type ScriptParts, torchScript } from "./script.ts";
export { torchLoss, torchOptimizer, torchSchedule } from "./training.ts";
