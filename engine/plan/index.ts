export { buildPlan } from "./build.ts";
export type { BuiltPlan, PlanRequest, Stage } from "./request.ts";
export { type GraphInput, runGraph } from "./run.ts";
