import { ConfigError, DataError } from "../errors/index.ts";
import { HostTensor } from "../tensor/index.ts";
import type { Task } from "./dataset.ts";
import { type Column, inOrder, numberIn } from "./table.ts";

/** Whole numbers of more different values than this are taken for amounts, not for classes. */
const MOST_CLASSES = 50;

interface Target {
  readonly y: HostTensor;
  readonly task: Task;
  readonly classes: readonly string[] | undefined;
}

/** The target columns as labels or as values; `task` null decides by what they hold. */
export function targetOf(columns: readonly Column[], task: Task | null): Target {
  const [column] = columns as readonly [Column, ...Column[]];
  if (columns.length > 1) {
    if (task === "classification") throw new ConfigError("data.csv: classification takes one target column");
    return values(columns);
  }
  return (task ?? guess(column)) === "classification" ? labels(column) : values(columns);
}

function guess({ cells }: Column): Task {
  const distinct = new Set(cells);
  const numbers = [...distinct].map((cell) => (cell.trim() === "" ? Number.NaN : Number(cell)));
  // one word among numbers is a mistake in a column of numbers, which reading it as values will name
  if (numbers.every(Number.isNaN)) return "classification";
  return numbers.every(Number.isInteger) && distinct.size <= MOST_CLASSES ? "classification" : "regression";
}

function labels(column: Column): Target {
  const empty = column.cells.findIndex((cell) => cell.trim() === "");
  if (empty >= 0) throw new DataError(`${column.place(empty)}: the target is empty`);
  const cells = column.cells.map((cell) => cell.trim());
  const classes = inOrder([...new Set(cells)]);
  const index = new Map(classes.map((c, i) => [c, i]));
  const y = Int32Array.from(cells, (cell) => index.get(cell) as number);
  return { y: new HostTensor([y.length], "i32", y), task: "classification", classes };
}

function values(columns: readonly Column[]): Target {
  const rows = columns[0]?.cells.length ?? 0;
  const y = new Float32Array(rows * columns.length);
  columns.forEach((column, k) => {
    column.cells.forEach((cell, row) => {
      y[row * columns.length + k] = numberIn(cell, () => column.place(row));
    });
  });
  return { y: new HostTensor([rows, columns.length], "f32", y), task: "regression", classes: undefined };
}
