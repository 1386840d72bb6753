export { beale } from "./beale.ts";
export { cliff } from "./cliff.ts";
export { himmelblau } from "./himmelblau.ts";
export { quadratic } from "./quadratic.ts";
export { ravine } from "./ravine.ts";
export { rosenbrock } from "./rosenbrock.ts";
export { saddle } from "./saddle.ts";
