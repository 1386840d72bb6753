import type { Comparison } from "../../compare/index.ts";
import { currentContext } from "../../context/index.ts";
import { ConfigError } from "../../errors/index.ts";
import { check, optional, required, text } from "../../params/index.ts";
import { Run } from "../../session/run.ts";
import { showComparison } from "./showComparison.ts";

export const compareParams = {
  figure: optional(
    text(required, "What they are ranked by: loss, or a metric that all have; the first metric when not given."),
  ),
};

/** Options of `compare({ ... }, options)`. */
export interface CompareOptions {
  readonly figure?: string | undefined;
}

type Runs = Run | readonly Run[];

/**
 * Runs over each other: `compare(run1, run2)`, where runs that differ in their seed alone become a band with its mean, or by label,
 * `compare({ adam: run1, sgd: [run2, run3] })`. Shows their curves, what they differ in, a table from best to worst, and whether the best is
 * better than noise. Throws ConfigError for what is no run.
 */
export async function compare(...runs: readonly Runs[]): Promise<Comparison>;
export async function compare(byLabel: Readonly<Record<string, Runs>>, options?: CompareOptions): Promise<Comparison>;
export async function compare(...given: readonly unknown[]): Promise<Comparison> {
  const context = currentContext();
  const [first, options] = given;
  if (isRuns(first)) {
    const last = given.at(-1);
    const plain = given.length > 1 && isPlain(last) ? last : undefined;
    const listed = plain ? given.slice(0, -1) : given;
    const wrong = listed.findIndex((one) => !isRuns(one));
    if (wrong >= 0) throw new ConfigError(`compare: argument ${wrong + 1} is no run and no list of runs`);
    const runs = [...new Set((listed as readonly Runs[]).flat())];
    return showComparison("compare", runs, { ...check(compareParams, plain, "compare"), by: null }, context);
  }
  if (!isPlain(first) || Object.keys(first).length === 0) {
    throw new ConfigError(
      "compare: give runs, as compare(run1, run2), or runs by label, as compare({ adam: run1, sgd: run2 })",
    );
  }
  const labels = new Map<Run, string>();
  for (const [label, own] of Object.entries(first)) {
    if (!isRuns(own)) throw new ConfigError(`compare: ${label} is no run and no list of runs`);
    for (const run of [own].flat() as Run[]) {
      const other = labels.get(run);
      if (other !== undefined) throw new ConfigError(`compare: ${run.name} stands under ${other} and under ${label}`);
      labels.set(run, label);
    }
  }
  if (given.length > 2) throw new ConfigError("compare: takes runs by label and options");
  const by = (run: Run) => labels.get(run) as string;
  return showComparison("compare", [...labels.keys()], { ...check(compareParams, options, "compare"), by }, context);
}

const isRuns = (given: unknown): given is Runs =>
  given instanceof Run || (Array.isArray(given) && given.length > 0 && given.every((one) => one instanceof Run));

const isPlain = (given: unknown): given is Record<string, unknown> =>
  typeof given === "object" && given !== null && Object.getPrototypeOf(given) === Object.prototype;
