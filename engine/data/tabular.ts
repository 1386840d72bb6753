import { ConfigError, DataError, didYouMean } from "../errors/index.ts";
import { choice, optional, required, value } from "../params/index.ts";
import { Dataset, type Task } from "./dataset.ts";
import { type StreamOptions, streamParams } from "./stream/index.ts";
import { type Column, type Table, TableBuilder } from "./table.ts";
import { targetOf } from "./target.ts";

const names = (given: unknown): boolean =>
  Array.isArray(given) && given.length > 0 && given.every((n) => typeof n === "string");

/** Options of every source that reads a table. */
export const tableParams = {
  ...streamParams,
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
  categories: value<readonly string[], readonly string[]>(
    [],
    { type: "readonly string[]", noun: "a list of column names", accepts: names },
    "Feature columns whose numbers stand for categories, as postcodes do; columns of words are categories by themselves.",
  ),
  missing: choice(
    "error",
    ["error", "keep", "drop"],
    "What becomes of missing numbers: an error that counts them; kept as NaN, for data.impute() to fill in; or rows with anything missing are dropped. A missing category is one of its own.",
  ),
  task: optional(
    choice<readonly ["classification", "regression"], typeof required>(
      required,
      ["classification", "regression"],
      "How the target is read. When not given: text and whole numbers of at most 50 different values are classes.",
    ),
  ),
};

interface TableOptions extends StreamOptions {
  readonly target: string | readonly string[];
  readonly columns: readonly string[] | null;
  readonly categories: readonly string[];
  readonly missing: "error" | "keep" | "drop";
  readonly task: Task | null;
}

/**
 * The data set of a table that `fill` reads row by row; `where` is the source in errors, `noun` what the file's rows are called.
 *
 *   x [N, columns] f32, y [N] i32 (classification) or [N, targets] f32 (regression)
 */
export async function tabular(
  { where, file, noun }: { where: string; file: string; noun: string },
  { target, columns, categories, missing, task, stream, buffer }: TableOptions,
  fill: (table: TableBuilder) => Promise<void>,
): Promise<Dataset> {
  const targets = typeof target === "string" ? [target] : target;
  let features: readonly string[] = [];
  const builder = new TableBuilder(file, noun, { stream, buffer }, (header) => {
    for (const name of [...targets, ...(columns ?? []), ...categories]) {
      if (header.includes(name)) continue;
      const option = targets.includes(name) ? "target" : categories.includes(name) ? "categories" : "columns";
      throw new DataError(`${file}: no column "${name}"${didYouMean(name, header)}`, {
        fault: { kind: "data", where, option, given: name, names: header },
      });
    }
    features = columns ?? header.filter((name) => !targets.includes(name));
    if (features.length === 0) throw new DataError(`${file}: no columns are left beside the target`);
    const both = features.find((name) => targets.includes(name));
    if (both !== undefined) throw new ConfigError(`${where}: "${both}" is among the columns and the target`);
    const none = categories.find((name) => !features.includes(name));
    if (none !== undefined)
      throw new ConfigError(`${where}: "${none}" is among the categories and not among the columns`);
    return { features, categories, texts: targets };
  });
  await fill(builder);
  const whole: Table = builder.finish();
  const table = missing === "drop" ? withoutMissing(whole, features, file) : whole;
  if (missing === "error") requireNumbers(table, features);
  const { y, task: found, classes } = targetOf(table.texts as readonly Column[], task);
  return new Dataset({
    name: file,
    x: table.x,
    y,
    task: found,
    featureNames: features,
    classes,
    categories: table.categories,
    mayMiss: missing === "keep",
  });
}

/** Throws DataError that counts what is missing and says what can be done, at the place of the first. */
function requireNumbers(table: Table, names: readonly string[]): void {
  const { x, categories } = table;
  const counts = names.map(() => 0);
  let first = -1;
  let before = 0;
  for (const { data } of x.pieces()) {
    for (let i = 0; i < data.length; i++) {
      const c = i % names.length;
      if (!Number.isNaN(data[i]) || categories[names[c] as string]) continue;
      if (first < 0) first = before + i;
      counts[c]!++;
    }
    before += data.length;
  }
  if (first < 0) return;
  const place = table.place(Math.floor(first / names.length), names[first % names.length] as string);
  const total = counts.reduce((a, b) => a + b, 0);
  const each = names.flatMap((name, c) => (counts[c] ? [`${name} ${counts[c]}`] : []));
  const list = each.length > 10 ? [...each.slice(0, 10), "..."] : each;
  const all = total > 1 ? `, the first of ${total} (${list.join(", ")})` : "";
  throw new DataError(
    `${place}: the value is missing${all}; fill in with missing: "keep" and then splits.transform(data.impute()), drop such rows with missing: "drop", or leave the column out`,
  );
}

/** The rows in which nothing is missing. Throws DataError when there are none. */
function withoutMissing(table: Table, names: readonly string[], file: string): Table {
  const width = names.length;
  const rows: number[] = [];
  let r = 0;
  for (const { data } of table.x.pieces()) {
    for (let from = 0; from < data.length; from += width, r++) {
      if (table.texts.some(({ cells }) => (cells[r] as string).trim() === "")) continue;
      if (!data.subarray(from, from + width).some(Number.isNaN)) rows.push(r);
    }
  }
  if (rows.length === 0) {
    throw new DataError(
      `${file}: something is missing in each of its ${table.rows} rows; fill in with missing: "keep" and data.impute()`,
    );
  }
  return {
    ...table,
    rows: rows.length,
    x: table.x.rows(rows),
    texts: table.texts.map((column) => ({
      name: column.name,
      cells: rows.map((r) => column.cells[r] as string),
      place: (row) => column.place(rows[row] as number),
    })),
    place: (row, column) => table.place(rows[row] as number, column),
  };
}
