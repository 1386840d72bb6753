import { isInstance, library } from "../../params/index.ts";
import * as all from "./all.ts";
import type { Transform } from "./definition.ts";

export type { Column, Rows, Statistics, Transform, TransformDefinition } from "./definition.ts";
export { Fitted, type FittedJson, type Pieces, piecesOf } from "./fitted.ts";
export { UNKNOWN } from "./seen.ts";
export { all as transforms };

/** The transforms, as cells see them through `data`: `data.standardize()`, `data.pca({ k: 10 })`. */
export const transform = library("transform", all);

export const isTransform = (given: unknown): given is Transform => isInstance(all, given);
