export { grid } from "./grid.ts";
export { halton } from "./halton.ts";
export { logUniform } from "./logUniform.ts";
export { sobol } from "./sobol.ts";
