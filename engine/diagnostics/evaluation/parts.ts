import { Dataset } from "../../data/index.ts";
import { ConfigError } from "../../errors/index.ts";
import { value } from "../../params/index.ts";
import type { Subject } from "../subject.ts";

export type On = "train" | "valid" | "test" | Dataset | null;

/** The option that says what a run is evaluated on. */
export const onParam = value<On>(
  null,
  {
    type: '"train" | "valid" | "test" | Dataset',
    noun: '"train", "valid", "test" or a data set',
    accepts: (given) => given instanceof Dataset || ["train", "valid", "test"].includes(given as string),
  },
  "What it is evaluated on: a part of the experiment's data or another set; validation, else test, else training data when not given.",
);

const NAMES = { train: "training", valid: "validation", test: "test" } as const;

export interface Part {
  /** "validation", or the set's own name: for titles. */
  readonly name: string;
  readonly set: Dataset;
}

/** The part that `on` names. Throws ConfigError when the experiment has no such part. */
export function partOf(subject: Subject, on: On): Part {
  const { splits } = subject.experiment;
  if (on instanceof Dataset) return { name: on.name, set: on };
  const key = on ?? (["valid", "test", "train"] as const).find((part) => splits[part]) ?? "train";
  const set = splits[key];
  if (!set) {
    throw new ConfigError(
      `on: the experiment has no ${NAMES[key]} data; split it, as data.split({ ${key}: 0.2 }), or give a data set`,
    );
  }
  return { name: NAMES[key], set };
}
