import { DataError } from "../errors/index.ts";
import { choice, optional, required } from "../params/index.ts";
import { ByteTensor, HostTensor, LEVELS, type Shape, show, sizeOf } from "../tensor/index.ts";
import { Dataset } from "./dataset.ts";
import { classesParam, labelsOf } from "./labels.ts";
import type { NpyArray } from "./npyFile.ts";
import type { FileTensor } from "./stream/index.ts";

/** Options of the sources that read NumPy's arrays. */
export const arrayParams = {
  classes: classesParam,
  task: optional(
    choice<readonly ["classification", "regression"], typeof required>(
      required,
      ["classification", "regression"],
      "How y is read. When not given: whole-number and boolean types are labels, others values.",
    ),
  ),
  dtype: choice("f32", ["f32", "i32"], "What x becomes: numbers, or the whole numbers that an embedding takes."),
};

interface ArrayOptions {
  readonly classes: readonly string[] | null;
  readonly task: "classification" | "regression" | null;
  readonly dtype: "f32" | "i32";
}

/** A named array, for errors. */
export interface Named extends NpyArray {
  readonly name: string;
}

/** An array that stays in its file. */
export interface Streamed {
  readonly name: string;
  readonly x: FileTensor;
}

/** The data set of two arrays: x [N, ...] as it is, f32 or i32, y [N, ...] labels, or values [N, k]. */
export function arraySet(x: Named | Streamed, y: Named, { classes, task, dtype }: ArrayOptions): Dataset {
  if (!("x" in x)) checkExamples(x.name, x.shape);
  checkExamples(y.name, y.shape);
  const features = "x" in x ? x.x : numbersOf({ ...x, shape: withFeatures(x.shape) }, dtype);
  if (features.shape[0] !== y.shape[0]) {
    throw new DataError(
      `${x.name} ${show(features.shape)} has ${features.shape[0]} examples, ${y.name} ${show(y.shape)} ${y.shape[0]}`,
    );
  }
  const labels = task === "classification" || (task === null && !y.type.startsWith("f"));
  // labels in a column of their own are those of a list
  const flat = y.shape.length === 2 && y.shape[1] === 1 ? [y.shape[0] as number] : y.shape;
  const target = labels
    ? { ...labelsOf(y.name, y.values, classes, flat), task: "classification" as const }
    : { y: numbersOf({ ...y, shape: withFeatures(y.shape) }, "f32"), task: "regression" as const };
  return new Dataset({ name: x.name, x: features, ...target, featureNames: [] });
}

/** Throws DataError for a shape that no examples have. */
export function checkExamples(name: string, shape: Shape): void {
  if (shape.length === 0) throw new DataError(`${name}: a single number is no list of examples`);
  if (sizeOf(shape) === 0) throw new DataError(`${name}: ${show(shape)} has no examples, or none of their numbers`);
}

/** A list of numbers as examples of one number. */
export const withFeatures = (shape: Shape): Shape => (shape.length === 1 ? [...shape, 1] : shape);

/** Bytes as the numbers that they are. */
export const asTheyAre = (): Float32Array => Float32Array.from({ length: LEVELS }, (_, byte) => byte);

/** As f32 or i32. Throws DataError for a number that does not fit. */
export function numbersOf({ name, values, shape }: Named, dtype: "f32" | "i32"): HostTensor {
  if (dtype === "f32") {
    if (values instanceof Uint8Array) return new ByteTensor(shape, values, asTheyAre());
    const large = values.findIndex((v) => Number.isFinite(v) && !Number.isFinite(Math.fround(v)));
    if (large >= 0) throw new DataError(`${name}: ${values[large]} is beyond f32, which ends at 3.4e38; scale it`);
    return new HostTensor(shape, "f32", values instanceof Float32Array ? values : Float32Array.from(values));
  }
  const wrong = values.findIndex((v) => (v | 0) !== v);
  if (wrong >= 0) throw new DataError(`${name}: ${values[wrong]} is no whole number of 32 bits; leave dtype at "f32"`);
  return new HostTensor(shape, "i32", Int32Array.from(values));
}
