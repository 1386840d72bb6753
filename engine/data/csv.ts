import { basename } from "node:path";
import { ConfigError, DataError, didYouMean } from "../errors/index.ts";
import { check, choice, type Options, optional, required, text, value } from "../params/index.ts";
import { HostTensor } from "../tensor/index.ts";
import { Dataset } from "./dataset.ts";
import { defineSource } from "./source.ts";
import { type Column, readTable } from "./table.ts";
import { targetOf } from "./target.ts";

const names = (given: unknown): boolean =>
  Array.isArray(given) && given.length > 0 && given.every((n) => typeof n === "string");

const csvParams = {
  target: value<string | readonly string[], typeof required>(
    required,
    {
      type: "string | readonly string[]",
      noun: "the name of a column, or a list of names",
      accepts: (given) => typeof given === "string" || names(given),
    },
    "Column to be predicted; several for a regression with several values.",
  ),
  columns: optional(
    value<readonly string[], typeof required>(
      required,
      { type: "readonly string[]", noun: "a list of column names", accepts: names },
      "Feature columns, in this order; all but the target when not given.",
    ),
  ),
  task: optional(
    choice<readonly ["classification", "regression"], typeof required>(
      required,
      ["classification", "regression"],
      "How the target is read. When not given: text and whole numbers of at most 50 different values are classes.",
    ),
  ),
  delimiter: text("", "Between two values; found by itself when empty."),
};

export type CsvOptions = Options<typeof csvParams>;

async function read(path: string, options: CsvOptions): Promise<Dataset> {
  if (typeof path !== "string") throw new ConfigError(`data.csv: the path must be a string, not ${typeof path}`);
  const { target, columns, task, delimiter } = check(csvParams, options, "data.csv");
  const targets = typeof target === "string" ? [target] : target;
  const file = basename(path);
  let features: readonly string[] = [];
  const table = await readTable(path, delimiter, (header) => {
    for (const name of [...targets, ...(columns ?? [])]) {
      if (!header.includes(name)) throw new DataError(`${file}: no column "${name}"${didYouMean(name, header)}`);
    }
    features = columns ?? header.filter((name) => !targets.includes(name));
    if (features.length === 0) throw new DataError(`${file}: no columns are left beside the target`);
    const both = features.find((name) => targets.includes(name));
    if (both !== undefined) throw new ConfigError(`data.csv: "${both}" is among the columns and the target`);
    return { numbers: features, texts: targets };
  });
  const x = new HostTensor([table.rows, features.length], "f32", table.numbers);
  const { y, task: found, classes } = targetOf(table.texts as readonly Column[], task);
  return new Dataset({ name: file, x, y, task: found, featureNames: features, classes });
}

/**
 * Reads a table with a header line: `await data.csv("data/digits.csv", { target: "y" })`. Paths begin at the notebook's folder.
 *
 *   x [N, columns] f32, y [N] i32 (classification) or [N, targets] f32 (regression)
 *
 * The target is classification when `task` says so, or when it is not given and the target is text, or whole numbers of at
 * most 50 different values; classes are sorted, by number where they are numbers. Throws ConfigError for options, DataError
 * naming file, line, column and value for a file that is missing or empty, a ragged line, or text where numbers should be.
 */
export const csv = defineSource(
  {
    summary: "A table with a header line, its values separated by commas, tabs or another character.",
    takes: "path: string",
    gives: "Promise<Dataset>",
    example: 'data.csv("data/digits.csv", { target: "y" })',
    params: csvParams,
  },
  read,
);
