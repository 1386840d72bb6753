export { crossEntropy } from "./crossEntropy.ts";
export { mse } from "./mse.ts";
export { nll } from "./nll.ts";
