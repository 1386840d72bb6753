import { basename } from "node:path";
import type { RunFacts, RunHistory } from "../../engine/protocol/index.ts";
import { isLive, type RunEntry } from "../runs/entry.ts";
import { record } from "../runs/read.ts";
import { statusWord, timeWords } from "../runs/words.ts";

/** What of the fit belongs to a run's settings. */
const OF_FIT = ["schedule", "epochs", "earlyStopping"];

/** A run of the store as it is compared, under `name`. */
export function factsOf(entry: RunEntry, name: string, history: RunHistory): RunFacts {
  const { key, config, fit, status, step, epoch, seconds, final } = entry;
  const told = Object.entries(record(fit)).filter(([option]) => OF_FIT.includes(option));
  return {
    key,
    name,
    config: { ...record(config), ...Object.fromEntries(told) },
    state: statusWord(status),
    live: isLive(entry),
    broken: status === "non-finite",
    steps: step,
    epochs: epoch,
    seconds,
    final,
    history,
  };
}

/** Names that tell runs apart: their own, and where several have one, experiment, notebook or time as well. */
export function namesOf(entries: readonly RunEntry[]): string[] {
  const ways: ((entry: RunEntry) => string)[] = [
    ({ name }) => name,
    ({ name, experiment }) => (experiment === null ? name : `${experiment}: ${name}`),
    ({ name, notebook }) => `${basename(notebook.path)}: ${name}`,
    ({ name, startedAt }) => `${name}, ${timeWords(startedAt)}`,
    ({ name, startedAt }) => `${name}, ${new Date(startedAt).toISOString()}`,
  ];
  for (const way of ways) {
    const names = entries.map(way);
    if (new Set(names).size === names.length) return names;
  }
  return entries.map(({ name }, i) => `${name} (${i + 1})`);
}
