import { strict } from "../params/index.ts";
import * as sources from "./all.ts";
import { made } from "./synthetic/index.ts";
import { transform } from "./transforms/index.ts";

export type { CsvOptions } from "./csv.ts";
export { Dataset, Splits, type Task } from "./dataset.ts";
export { type FoldOptions, foldParams } from "./folds.ts";
export type { IdxOptions } from "./idx.ts";
export type { ImagesOptions } from "./images.ts";
export type { Normalization } from "./normalize.ts";
export { END, PAD, PairsDataset, type PairsOptions, START } from "./pairs.ts";
export { Prepared } from "./prepared.ts";
export type { SequencesOptions } from "./sequences.ts";
export { type SplitOptions, splitParams } from "./split.ts";
export { FileTensor, inMemory, upTo } from "./stream/index.ts";
export { syntheticSets } from "./synthetic/index.ts";
export { TextDataset, type TextOptions } from "./text.ts";
export { type Column, type Transform, transforms } from "./transforms/index.ts";
export { tokensOf } from "./vocabulary.ts";
export { sources };

/** Where data comes from, as cells see it: `await data.csv("data/digits.csv", { target: "y" })`. */
export const data: Readonly<typeof sources & typeof made & typeof transform> = strict(
  "data source",
  Object.freeze({ ...sources, ...made, ...transform }),
);
