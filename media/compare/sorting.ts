import { number } from "../../l10n/index.ts";
import type { Cell, ComparedRun, RunColumn } from "./payload.ts";

/** -1 sorts by name. */
export interface Sorting {
  readonly column: number;
  readonly descending: boolean;
}

/** By the figure that the verdict is about, the best first. */
export function firstSorting(columns: readonly RunColumn[]): Sorting {
  const main = columns.findIndex((column) => column.main);
  return { column: main, descending: main >= 0 && columns[main]?.better === "higher" };
}

/** What a click on a column's head comes to: the other way round, or the best (else the lowest) first. */
export function nextSorting(now: Sorting, column: number, columns: readonly RunColumn[]): Sorting {
  if (now.column === column) return { column, descending: !now.descending };
  return { column, descending: columns[column]?.better === "higher" };
}

/** Places of the runs in order; those without a value come last either way, and equal ones stay as they were. */
export function sortedPlaces(runs: readonly ComparedRun[], { column, descending }: Sorting): number[] {
  const cellOf = (run: ComparedRun): Cell => (column < 0 ? run.name : (run.cells[column] ?? null));
  const compare = (a: Cell, b: Cell): number => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    const order =
      typeof a === "number" && typeof b === "number"
        ? a - b
        : String(a).localeCompare(String(b), "en", { numeric: true });
    return descending ? -order : order;
  };
  const places = runs.map((_, i) => i);
  return places.sort((a, b) => compare(cellOf(runs[a] as ComparedRun), cellOf(runs[b] as ComparedRun)) || a - b);
}

/** The best value of a column; null where none is better than another, or all are equal. */
export function bestOf(runs: readonly ComparedRun[], column: number, { better }: RunColumn): number | null {
  if (better === null) return null;
  const values = runs.map(({ cells }) => cells[column]).filter((value) => typeof value === "number");
  if (values.length < 2 || new Set(values).size === 1) return null;
  return better === "higher" ? Math.max(...values) : Math.min(...values);
}

/** A number of a table: five digits, steps in groups of three. */
export function shownCell(value: Cell): string {
  if (value === null) return "–";
  if (typeof value === "string") return value;
  if (Number.isInteger(value)) return Math.abs(value) < 1e9 ? number(value) : value.toExponential(4);
  const size = Math.abs(value);
  return size < 1e-4 || size >= 1e6 ? value.toExponential(2) : String(Number(value.toPrecision(5)));
}
