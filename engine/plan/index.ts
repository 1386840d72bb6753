export { planOf as buildPlan } from "./cache.ts";
export type { BuiltPlan, PlanRequest, Stage } from "./request.ts";
export { type GraphInput, runGraph, runGraphNow } from "./run.ts";
