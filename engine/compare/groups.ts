import type { RunFacts } from "../protocol/index.ts";
import type { RunGroup } from "./comparison.ts";
import { configRows, settingsOf, shownLeaf } from "./config.ts";

/** Differences that fit a legend. */
const MOST_DIFFERENCES = 3;
/** Settings that a list of them offers. */
const MOST_GROUPINGS = 40;
/** Differences that say little by themselves come last. */
const LAST = ["data", "model", "metrics", "stepsPerEpoch", "resumedAt"];

/**
 * Runs that differ in their seed alone put together, labelled by what tells the groups apart. `more` is what decides a run's numbers
 * and does not stand in its configuration.
 */
export function groupBySeed(runs: readonly RunFacts[], more: (run: RunFacts) => string = () => ""): RunGroup[] {
  const groups = new Map<string, RunFacts[]>();
  for (const run of runs) {
    const settings = [...settingsOf(run.config)].filter(([path]) => path !== "seed");
    const key = JSON.stringify([settings.sort(([a], [b]) => (a < b ? -1 : 1)), more(run)]);
    const group = groups.get(key);
    if (group) group.push(run);
    else groups.set(key, [run]);
  }
  const found = [...groups.values()];
  const labels = labelsOf(found.map(([first]) => first as RunFacts));
  return found.map((own, i) => ({ label: labels[i] as string, runs: own }));
}

/** Runs with one value of a setting put together: "lr 0.01"; those without the setting are one group as well. */
export function groupBySetting(runs: readonly RunFacts[], path: string): RunGroup[] {
  const values = runs.map(({ config }) => settingsOf(config).get(path));
  const word = path === "optimizer" || path === "schedule" ? "" : `${wordOf(path)} `;
  const label = (value: (typeof values)[number]) =>
    value === undefined || value === null ? `no ${wordOf(path)}` : `${word}${shownLeaf(value)}`;
  const groups = Map.groupBy(runs.keys(), (i) => label(values[i]));
  return [...groups].map(([name, places]) => ({ label: name, runs: places.map((i) => runs[i] as RunFacts) }));
}

/** Settings by which runs can be put together so that something comes together. */
export function groupingsOf(runs: readonly RunFacts[]): string[] {
  const rows = configRows(runs.map(({ config }) => config));
  return rows
    .filter(({ differs, values, path }) => {
      const kinds = new Set(values).size;
      return differs && path !== "seed" && kinds > 1 && kinds < runs.length;
    })
    .map(({ path }) => path)
    .slice(0, MOST_GROUPINGS);
}

/** Every run for itself, under its own name. */
export const eachAlone = (runs: readonly RunFacts[]): RunGroup[] => {
  const named = distinct(runs.map(({ name }) => name));
  return runs.map((run, i) => ({ label: named[i] as string, runs: [run] }));
};

/** For each run what tells it from the others: the experiment's own name, settings that differ, else the run's name. */
function labelsOf(runs: readonly RunFacts[]): string[] {
  const names = runs.map(({ config }) => (typeof config.name === "string" ? config.name : ""));
  if (names.every((name) => !/^(experiment \d+)?$/.test(name)) && new Set(names).size === runs.length) return names;
  const rows = configRows(runs.map(({ config }) => config)).filter(({ differs, path }) => differs && path !== "seed");
  const rank = (group: string) => (group === "parameters" ? 1 : LAST.includes(group) ? 2 : 0);
  const shown = rows.sort((a, b) => rank(a.group) - rank(b.group)).slice(0, MOST_DIFFERENCES);
  const labels = runs.map((_, i) =>
    shown
      .flatMap(({ path, values }) => {
        const value = values[i];
        if (value === undefined || value === null) return [];
        return [path === "optimizer" || path === "schedule" ? shownLeaf(value) : `${wordOf(path)} ${shownLeaf(value)}`];
      })
      .join(", "),
  );
  const told = new Set(labels).size === labels.length && labels.every((label) => label !== "");
  return told ? labels : distinct(runs.map(({ name }) => name));
}

/** The last word of a path that means something by itself. */
const wordOf = (path: string): string => (path === "data.train" ? "examples" : (path.split(".").at(-1) as string));

/** Names that are given twice get a number behind them. */
function distinct(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name} (${times})`;
  });
}
