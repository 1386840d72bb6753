import type { RunContext } from "../../context/index.ts";
import { ConfigError } from "../../errors/index.ts";
import { func, optional, required, text, value } from "../../params/index.ts";
import { compareRunsPlot, verdictOf } from "../../plots/compareRuns.ts";
import { plusMinus, significant } from "../../plots/format.ts";
import { Run } from "../../session/run.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, showChart } from "../showing.ts";
import { type Comparison, compareGroups, figureOf } from "./comparison.ts";
import { groupRuns } from "./groups.ts";

type ByLabel = ((run: Run) => string) | null;

const params = {
  with: value<Run | readonly Run[] | null>(
    null,
    {
      type: "Run | readonly Run[]",
      noun: "a run or a list of runs, as other.runs",
      accepts: (given) =>
        given instanceof Run || (Array.isArray(given) && given.every((run: unknown) => run instanceof Run)),
    },
    "Runs of this or other experiments that join; of an experiment all of its own runs are there already.",
  ),
  figure: optional(
    text(required, "What they are ranked by: loss, or a metric that all have; the first metric when not given."),
  ),
  by: func<ByLabel>(
    null,
    "(run) => label",
    "Gives every run a label; runs of one label become a band. When not given, runs that differ in their seed alone do.",
  ),
};

export const compareRuns = defineDiagnostic({
  summary: "Curves of several runs over each other: those that differ in their seed alone as a median in a band.",
  paper: "Bouthillier et al. 2021, arXiv:2103.03098, on the variance of seeds",
  params,
  of: ["experiment", "run"],
  inspects: false,
  cost: "nothing is computed",
  measure: async ({ experiment, run }, { with: others, figure, by }, context): Promise<Comparison> => {
    const own = run ? [run] : experiment.runs;
    const runs = [...new Set([...own, ...(others instanceof Run ? [others] : (others ?? []))])];
    return showComparison(runs, { figure, by }, context);
  },
});

function showComparison(
  given: readonly Run[],
  { figure, by }: { figure: string | null; by: ByLabel },
  context: RunContext,
): Comparison {
  const runs = given.filter((run) => run.history.step.length > 0);
  if (runs.length === 0) {
    throw new ConfigError(
      given.length === 0
        ? "compareRuns: there is no run yet; train one with fit()"
        : "compareRuns: the runs have no history: they were loaded from files",
    );
  }
  const found = compareGroups(groupRuns(runs, by), figureOf(runs, figure));
  showChart(context, compareRunsPlot, found);
  return measured(found, tableOf(found));
}

export function tableOf(found: Comparison): string {
  const { groups, figure } = found;
  const width = Math.min(40, Math.max(8, ...groups.map(({ label }) => label.length)));
  const ends = groups.map(({ mean, std }) => plusMinus(mean, std));
  const widest = Math.max(8, ...ends.map((end) => end.length));
  const lines = groups.map(({ label, low, high, finals, steps }, i) => {
    const spread = finals.length > 1 ? `, ${significant(low)} to ${significant(high)}` : "";
    const broken = finals.filter(Number.isNaN).length;
    return `  ${label.slice(0, width).padEnd(width)}  ${(ends[i] as string).padStart(widest)}  (${finals.length} run${finals.length > 1 ? "s" : ""}${spread}; ${steps.toLocaleString("en-US")} steps)${broken > 0 ? `; ${broken} not finite` : ""}`;
  });
  return [verdictOf(found), `  final ${figure.name}, ${figure.better} is better:`, ...lines].join("\n");
}
