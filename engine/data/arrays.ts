import { DataError } from "../errors/index.ts";
import { choice, optional, required } from "../params/index.ts";
import { ByteTensor, HostTensor, LEVELS, type Shape, show } from "../tensor/index.ts";
import { Dataset } from "./dataset.ts";
import { classesParam, labelsOf } from "./labels.ts";
import type { NpyArray } from "./npyFile.ts";

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

/** The data set of two arrays: x [N, ...] as it is, f32 or i32, y [N, ...] labels, or values [N, k]. */
export function arraySet(x: Named, y: Named, { classes, task, dtype }: ArrayOptions): Dataset {
  for (const { name, shape } of [x, y]) {
    if (shape.length === 0) throw new DataError(`${name}: a single number is no list of examples`);
    if (shape[0] === 0) throw new DataError(`${name}: ${show(shape)} has no examples`);
  }
  if (x.shape[0] !== y.shape[0]) {
    throw new DataError(
      `${x.name} ${show(x.shape)} has ${x.shape[0]} examples, ${y.name} ${show(y.shape)} ${y.shape[0]}`,
    );
  }
  const labels = task === "classification" || (task === null && !y.type.startsWith("f"));
  // labels in a column of their own are those of a list
  const flat = y.shape.length === 2 && y.shape[1] === 1 ? [y.shape[0] as number] : y.shape;
  const target = labels
    ? { ...labelsOf(y.name, y.values, classes, flat), task: "classification" as const }
    : { y: numbers(y, "f32", y.shape.length === 1 ? [...y.shape, 1] : y.shape), task: "regression" as const };
  const shape = x.shape.length === 1 ? [...x.shape, 1] : x.shape;
  return new Dataset({ name: x.name, x: numbers(x, dtype, shape), ...target, featureNames: [] });
}

/** Bytes as the numbers that they are. */
const asTheyAre = (): Float32Array => Float32Array.from({ length: LEVELS }, (_, byte) => byte);

function numbers({ name, values }: Named, dtype: "f32" | "i32", shape: Shape): HostTensor {
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
