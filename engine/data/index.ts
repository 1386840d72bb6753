import { strict } from "../params/index.ts";
import { csv } from "./csv.ts";
import { tensors } from "./dataset.ts";
import { text } from "./text.ts";

export { type CsvOptions, csvParams } from "./csv.ts";
export { Dataset, Splits, type Task } from "./dataset.ts";
export type { Normalization } from "./normalize.ts";
export { type SplitOptions, splitParams } from "./split.ts";
export { TextDataset, type TextOptions, textParams } from "./text.ts";

/** Where data comes from, as cells see it: `await data.csv("data/digits.csv", { target: "y" })`. */
export const data = strict("data source", Object.freeze({ csv, tensors, text }));
