export { initialization } from "./initialization/initialization.ts";
