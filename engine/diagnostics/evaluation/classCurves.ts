import type { RunContext } from "../../context/index.ts";
import { column, isClass } from "../../metrics/exact/index.ts";
import { significant } from "../../plots/format.ts";
import type { Subject } from "../subject.ts";
import { type On, partOf } from "./parts.ts";
import { type ClassScores, classScores, labelScores } from "./scores.ts";

/** A class against the rest, or a label: 1 where it is true, and its probability. */
export interface Ranking {
  readonly name: string;
  readonly y: Uint8Array;
  readonly score: Float64Array;
}

/** Every label, every class, or of two classes the second, whose curve says all. */
export async function rankings(
  subject: Subject,
  on: On,
  context: RunContext,
  what: string,
): Promise<{ part: string; count: number; each: Ranking[] }> {
  const several = partOf(subject, on).set.labels !== undefined;
  const all = several ? await labelScores(subject, on, context, what) : [await classScores(subject, on, context, what)];
  const [{ part, count }] = all as [ClassScores];
  return { part, count, each: all.flatMap(ofClasses) };
}

const ofClasses = ({ classes, labels, probs }: ClassScores): Ranking[] =>
  (classes.length === 2 ? [1] : classes.map((_, c) => c)).map((c) => ({
    name: classes[c] as string,
    y: isClass(labels, c),
    score: column(probs, classes.length, c),
  }));

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
