export { lsuv } from "./lsuv.ts";
