import {
  type Comparison,
  compareGroups,
  configRows,
  figureOf,
  groupBySeed,
  intervalOf,
  isBeyondNoise,
  type RunGroup,
  shownLeaf,
  spreadOf,
  verdictOf,
} from "../../compare/index.ts";
import type { RunContext } from "../../context/index.ts";
import { ConfigError } from "../../errors/index.ts";
import { compareRunsPlot } from "../../plots/compareRuns.ts";
import { significant } from "../../plots/format.ts";
import type { RunFacts } from "../../protocol/index.ts";
import type { Run } from "../../session/index.ts";
import { measured, showChart } from "../showing.ts";
import { factsOf, hiddenOf } from "./facts.ts";
import { onSameExamples } from "./sameExamples.ts";

/** How runs are put together and what by: see `compareRuns`. */
export interface Comparing {
  readonly figure: string | null;
  /** A label for every run; when null, runs that differ in their seed alone share one. */
  readonly by: ((run: Run) => string) | null;
}

/** Shows runs over each other, what they differ in and what that comes to. Throws ConfigError when there is nothing to compare. */
export async function showComparison(
  where: string,
  given: readonly Run[],
  { figure, by }: Comparing,
  context: RunContext,
): Promise<Comparison> {
  const runs = given.filter((run) => run.history.step.length > 0);
  if (runs.length === 0) {
    throw new ConfigError(
      given.length === 0
        ? `${where}: there is no run yet; train one with fit()`
        : `${where}: the runs have no history: they were loaded from files`,
    );
  }
  const facts = new Map(runs.map((run) => [factsOf(run), run]));
  const groups = by ? groupBy(facts, by) : groupBySeed([...facts.keys()], (one) => hiddenOf(facts.get(one) as Run));
  const compared = compareGroups(
    groups,
    figureOf(
      groups.flatMap(({ runs: own }) => own),
      figure,
    ),
  );
  const runOf = (label: string) => facts.get(groups.find((group) => group.label === label)?.runs[0] as RunFacts);
  const found = await onSameExamples(compared, runOf);
  showChart(context, compareRunsPlot, found);
  return measured(found, [tableOf(found), ...differencesOf(ranked(groups, found))].join("\n"));
}

function groupBy(facts: ReadonlyMap<RunFacts, Run>, by: (run: Run) => string): RunGroup[] {
  const groups = Map.groupBy(facts.keys(), (one) => String(by(facts.get(one) as Run)));
  return [...groups].map(([label, runs]) => ({ label, runs }));
}

/** Verdict and a line for each group, the best first. */
export function tableOf(found: Comparison): string {
  const { groups, figure } = found;
  const width = Math.min(40, Math.max(8, ...groups.map(({ label }) => label.length)));
  const ends = groups.map(spreadOf);
  const widest = Math.max(8, ...ends.map((end) => end.length));
  const several = groups.some(({ finals }) => finals.length > 1);
  const runs = groups.map((group) => runsOf(group, several, new Set(groups.map(({ steps }) => steps)).size > 1));
  const longest = Math.max(...runs.map((text) => text.length));
  const lines = groups.map(({ label, behind }, i) => {
    const told =
      behind && groups.length > 2 ? `${intervalOf(behind)}${isBeyondNoise(behind) ? "" : ", within noise"}` : "";
    const cells = [
      label.slice(0, width).padEnd(width),
      (ends[i] as string).padStart(widest),
      (runs[i] as string).padEnd(longest),
    ];
    return `  ${[...cells, told].join("   ")}`.trimEnd();
  });
  const steps = Math.max(...groups.map((group) => group.steps));
  return [
    verdictOf(found),
    `  final ${figure.name}, ${figure.better} is better, after ${steps.toLocaleString("en-US")} steps:`,
    ...lines,
    ...(groups.length > 2 && groups.some(({ behind }) => behind !== null)
      ? ["  the last column is the best less each, all pairs together at 95 % (Bonferroni)"]
      : []),
  ].join("\n");
}

/** "3 runs, 0.94 to 0.95". */
function runsOf(
  { finals, low, high, steps }: Comparison["groups"][number],
  several: boolean,
  lengths: boolean,
): string {
  const broken = finals.filter(Number.isNaN).length;
  return [
    ...(several ? [`${finals.length} run${finals.length > 1 ? "s" : ""}`] : []),
    ...(finals.length > 1 ? [`${significant(low)} to ${significant(high)}`] : []),
    ...(lengths ? [`${steps.toLocaleString("en-US")} steps`] : []),
    ...(broken > 0 ? [`${broken} not finite`] : []),
  ].join(", ");
}

/** The groups in the order of the table. */
export const ranked = (groups: readonly RunGroup[], found: Comparison): RunGroup[] =>
  found.groups.flatMap(({ label }) => groups.filter((group) => group.label === label));

/** Rows of differences that are written out. */
const MOST_ROWS = 30;
const WIDEST = 24;

/** What the groups differ in, a line for each setting: "  optimizer.lr   0.001 | 0.01". */
export function differencesOf(groups: readonly RunGroup[]): string[] {
  if (groups.length < 2) return [];
  const all = configRows(groups.map(({ runs }) => (runs[0] as RunGroup["runs"][number]).config));
  const differing = all.filter(({ differs, path }) => differs && path !== "seed");
  // what is made another way has other options: only those that both have and set differently say more
  const other = (path: string) => differing.some((row) => path.startsWith(`${row.path}.`));
  const rows = differing.filter(
    ({ path, values }) => !other(path) || new Set(values.filter((value) => value !== undefined)).size > 1,
  );
  if (rows.length === 0) return ["  no setting differs"];
  const width = Math.max(...rows.map(({ path }) => path.length));
  const shown = rows.slice(0, MOST_ROWS).map(({ path, values }) => {
    const cells = values.map((value) => {
      const text = shownLeaf(value);
      return text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text;
    });
    return `    ${path.padEnd(width)}  ${cells.join(" | ")}`;
  });
  const left = rows.length - shown.length;
  return [
    `  what differs (${groups.map(({ label }) => label).join(" | ")}):`,
    ...shown,
    ...(left > 0 ? [`    and ${left} more`] : []),
  ];
}
