export { Analyst } from "./analyst.ts";
