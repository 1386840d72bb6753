export { ema } from "./ema.ts";
export { swa } from "./swa.ts";
