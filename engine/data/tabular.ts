import { ConfigError, DataError, didYouMean } from "../errors/index.ts";
import { choice, optional, required, value } from "../params/index.ts";
import { HostTensor } from "../tensor/index.ts";
import { Dataset, type Task } from "./dataset.ts";
import { type Column, type Table, TableBuilder } from "./table.ts";
import { targetOf } from "./target.ts";

const names = (given: unknown): boolean =>
  Array.isArray(given) && given.length > 0 && given.every((n) => typeof n === "string");

/** Options of every source that reads a table. */
export const tableParams = {
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
};

interface TableOptions {
  readonly target: string | readonly string[];
  readonly columns: readonly string[] | null;
  readonly task: Task | null;
}

/**
 * The data set of a table that `fill` reads row by row; `where` is the source in errors, `noun` what the file's rows are called.
 *
 *   x [N, columns] f32, y [N] i32 (classification) or [N, targets] f32 (regression)
 */
export async function tabular(
  { where, file, noun }: { where: string; file: string; noun: string },
  { target, columns, task }: TableOptions,
  fill: (table: TableBuilder) => Promise<void>,
): Promise<Dataset> {
  const targets = typeof target === "string" ? [target] : target;
  let features: readonly string[] = [];
  const builder = new TableBuilder(file, noun, (header) => {
    for (const name of [...targets, ...(columns ?? [])]) {
      if (!header.includes(name)) throw new DataError(`${file}: no column "${name}"${didYouMean(name, header)}`);
    }
    features = columns ?? header.filter((name) => !targets.includes(name));
    if (features.length === 0) throw new DataError(`${file}: no columns are left beside the target`);
    const both = features.find((name) => targets.includes(name));
    if (both !== undefined) throw new ConfigError(`${where}: "${both}" is among the columns and the target`);
    return { numbers: features, texts: targets };
  });
  await fill(builder);
  const table: Table = builder.finish();
  const x = new HostTensor([table.rows, features.length], "f32", table.numbers);
  const { y, task: found, classes } = targetOf(table.texts as readonly Column[], task);
  return new Dataset({ name: file, x, y, task: found, featureNames: features, classes });
}
