import { significant } from "../../plots/format.ts";
import type { ClassScores } from "./scores.ts";

/** Classes that get a curve of their own: all, or of two the second, whose curve says all. */
export const classCurves = ({ classes }: ClassScores): number[] =>
  classes.length === 2 ? [1] : classes.map((_, c) => c);

const MOST_LINES = 30;

/** A line per class with its figure, the lowest first. */
export function rankedTable(rows: readonly { name: string; value: number; examples: number }[]): string {
  const sorted = [...rows].sort((a, b) => a.value - b.value);
  const width = Math.min(24, Math.max(...rows.map(({ name }) => name.length)));
  const lines = sorted
    .slice(0, MOST_LINES)
    .map(
      ({ name, value, examples }) =>
        `  ${name.slice(0, width).padEnd(width)}  ${significant(value).padStart(6)}  ${examples.toLocaleString("en-US")} examples`,
    );
  const left = rows.length - lines.length;
  return [...lines, ...(left > 0 ? [`  ${left} more classes with higher ones`] : [])].join("\n");
}
