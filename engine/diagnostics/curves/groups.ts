import type { Run } from "../../session/index.ts";
import type { RunGroup } from "./comparison.ts";

/** Runs put together by `by`, or by everything that decides their numbers but the seed; labelled by what differs. */
export function groupRuns(runs: readonly Run[], by: ((run: Run) => string) | null): RunGroup[] {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const key = by ? String(by(run)) : signature(run);
    const group = groups.get(key);
    if (group) group.push(run);
    else groups.set(key, [run]);
  }
  if (by) return [...groups].map(([label, own]) => ({ label, runs: own }));
  const found = [...groups.values()];
  const labels = labelsOf(found.map((own) => own[0] as Run));
  return found.map((own, i) => ({ label: labels[i] as string, runs: own }));
}

/** Places of a run's rates that tell one schedule from another. */
const RATE_PLACES = 16;

function signature(run: Run): string {
  const { name: _, seed: __, ...rest } = run.experiment.describe();
  const { lr } = run.history;
  const rates = Array.from(
    { length: RATE_PLACES },
    (_, i) => lr[Math.round((i * (lr.length - 1)) / (RATE_PLACES - 1))],
  );
  // runs that stop early differ in length and not in what they are
  const from = run.stopped === "finished" ? rates : rates.slice(0, 1);
  return JSON.stringify([rest, run.experiment.options.model, from]);
}

/** Differences that fit a legend. */
const MOST_DIFFERENCES = 3;

/** For each run what tells it from the others: the experiment's own name, options that differ, else the run's name. */
function labelsOf(runs: readonly Run[]): string[] {
  const names = runs.map((run) => run.experiment.name);
  if (names.every((name) => !/^experiment \d+$/.test(name)) && new Set(names).size === runs.length) return names;
  const flat = runs.map((run) => options(run));
  const keys = [...new Set(flat.flatMap((o) => Object.keys(o)))];
  const differing = keys.filter((key) => new Set(flat.map((o) => o[key] ?? "")).size > 1);
  const labels = flat.map((o) =>
    differing
      .slice(0, MOST_DIFFERENCES)
      .flatMap((key) => (o[key] === undefined ? [] : [key === "optimizer" ? o[key] : `${key} ${o[key]}`]))
      .join(", "),
  );
  const told = new Set(labels).size === labels.length && labels.every((label) => label !== "");
  return told ? labels : runs.map((run) => run.name);
}

/** What a reader would name: optimizer and its options, batch size, size of the model, schedule. */
function options(run: Run): Record<string, string> {
  const { optimizer, batchSize, loss } = run.experiment.options;
  const { lr } = run.history;
  const plain = Object.entries(optimizer.options as Record<string, unknown>).map(
    ([name, v]) => [name, shown(v)] as const,
  );
  const constant = lr.every((rate) => rate === lr[0]);
  return {
    optimizer: optimizer.type,
    ...Object.fromEntries(plain),
    batchSize: String(batchSize),
    examples: String(run.experiment.splits.train.size),
    loss: loss.type,
    parameters: run.config.model.parameters.words.toLocaleString("en-US"),
    schedule: constant ? "constant" : "moving",
    steps: String(run.steps),
  };
}

const shown = (v: unknown): string => (typeof v === "number" ? String(Number(v.toPrecision(4))) : JSON.stringify(v));
