import type { ParallelAxis, RunFacts } from "../protocol/index.ts";
import { type Figure, finalOf } from "./comparison.ts";
import { configRows } from "./config.ts";

/** Axes that stand beside each other without crowding, the outcome among them. */
const MOST_AXES = 9;
/** Fewest runs whose settings are worth a picture. */
const FEWEST_RUNS = 3;
/** Values that span more than this many times themselves are told apart on a log axis only. */
const SPAN = 30;

/** Axes for the numbers that differ between runs, in the order of the configuration, and last the figure that they led to. Null when there is nothing to see. */
export function parallelAxes(runs: readonly RunFacts[], figure: Figure): ParallelAxis[] | null {
  if (runs.length < FEWEST_RUNS) return null;
  const rows = configRows(runs.map(({ config }) => config)).filter(({ differs, path }) => differs && path !== "seed");
  const settings = rows.flatMap(({ path, values }) => {
    const numbers = values.map((value) => (typeof value === "number" && Number.isFinite(value) ? value : null));
    return new Set(numbers.filter((v) => v !== null)).size > 1 ? [axisOf(path, numbers, false)] : [];
  });
  if (settings.length === 0) return null;
  const ends = runs.map((run) => finalOf(run, figure)).map((end) => (Number.isFinite(end) ? end : null));
  return [...settings.slice(0, MOST_AXES - 1), axisOf(figure.name, ends, true)];
}

function axisOf(label: string, values: readonly (number | null)[], outcome: boolean): ParallelAxis {
  const known = values.filter((v) => v !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  if (known.length === 0) return { label, log: false, outcome, low: 0, high: 1, values };
  const log = low > 0 && high / low >= SPAN;
  const room = low === high ? Math.abs(low) / 2 || 1 : 0;
  return { label, log, outcome, low: low - room, high: high + room, values };
}
