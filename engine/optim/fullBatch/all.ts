export { cg } from "./cg.ts";
export { lbfgs } from "./lbfgs.ts";
export { newton } from "./newton.ts";
