import type { CellError, Chart, Columns } from "../../engine/protocol/index.ts";
import { isShallow } from "./depth.ts";
import { isRecord } from "./read.ts";

const [MAX_NAME, MAX_TEXT, MAX_PARTS, MAX_PLACE] = [10_000, 1_000_000, 200_000, 10_000_000];
/** What fetches, leads elsewhere, draws controls, or makes rows out of nothing: no chart of ours has it. */
const FORBIDDEN = new Set(["url", "href", "bind", "sequence", "graticule"]);
/** Functions of expressions that make much out of little. */
const GREEDY = /\b(?:sequence|repeat|pad)\s*\(/;
const EXPRESSIONS = new Set(["expr", "calculate", "filter", "test", "update", "init", "signal", "labelExpr"]);

/**
 * A chart out of JSON that anybody may have written; null when it is none of ours. Nothing arrives for it any more, whatever it says.
 */
export function readChart(value: unknown): Chart | null {
  if (!isRecord(value)) return null;
  const { id, title, text, kind, spec, datasets } = value;
  if (!isText(id, MAX_NAME) || !isText(title, MAX_NAME) || !isText(text, MAX_TEXT)) return null;
  if (!isRecord(spec) || !isSpec(spec) || !isRecord(datasets)) return null;
  if (!Object.values(datasets).every(isColumns)) return null;
  return {
    ...{ id, title, text, spec, live: false },
    kind: kind === "learning-curve" ? kind : "plot",
    datasets: datasets as Record<string, Columns>,
  };
}

/** An error of a cell out of JSON that anybody may have written; null when it has no message. */
export function readCellError(value: unknown): CellError | null {
  if (!isRecord(value) || !isText(value.message, MAX_TEXT)) return null;
  const { name, message, stack, line, column } = value;
  return {
    name: isText(name, MAX_NAME) ? name : "Error",
    message,
    stack: isText(stack, MAX_TEXT) ? stack : "",
    ...(isPlace(line) ? { line } : {}),
    ...(isPlace(line) && isPlace(column) ? { column } : {}),
  };
}

function isSpec(spec: Readonly<Record<string, unknown>>): boolean {
  if (!isShallow(spec)) return false;
  const waiting: unknown[] = [spec];
  for (let parts = 0; waiting.length > 0; parts++) {
    if (parts > MAX_PARTS) return false;
    const part = waiting.pop();
    if (Array.isArray(part)) for (const one of part) waiting.push(one);
    else if (isRecord(part)) {
      for (const [key, one] of Object.entries(part)) {
        if (FORBIDDEN.has(key) || (EXPRESSIONS.has(key) && typeof one === "string" && GREEDY.test(one))) return false;
        waiting.push(one);
      }
    }
  }
  return true;
}

function isColumns(columns: unknown): boolean {
  return isRecord(columns) && Object.values(columns).every(isColumn);
}

function isColumn(column: unknown): boolean {
  if (!isRecord(column)) return false;
  const { f64, text } = column;
  if (typeof f64 === "string") return text === undefined && f64.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(f64);
  return f64 === undefined && Array.isArray(text) && text.every((one) => typeof one === "string");
}

const isText = (value: unknown, most: number): value is string => typeof value === "string" && value.length <= most;
const isPlace = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_PLACE;
