import type { Comparison } from "../../compare/index.ts";
import { func, optional, required, text, value } from "../../params/index.ts";
import { Run } from "../../session/run.ts";
import { defineDiagnostic } from "../definition.ts";
import { showComparison } from "./showComparison.ts";

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
  summary: "Curves of several runs over each other: those that differ in their seed alone as a mean in a band.",
  paper: "Bouthillier et al. 2021, arXiv:2103.03098, on the variance of seeds",
  params,
  of: ["experiment", "run"],
  inspects: false,
  cost: "nothing is computed, but for two single runs whose accuracies are of the same examples: they predict those again",
  measure: async ({ experiment, run }, { with: others, figure, by }, context): Promise<Comparison> => {
    const own = run ? [run] : experiment.runs;
    const runs = [...new Set([...own, ...(others instanceof Run ? [others] : (others ?? []))])];
    return showComparison("compareRuns", runs, { figure, by }, context);
  },
});
