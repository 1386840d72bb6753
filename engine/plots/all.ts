export { learningCurve } from "./learningCurve.ts";
