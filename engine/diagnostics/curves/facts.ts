import type { RunFacts } from "../../protocol/index.ts";
import type { Experiment, Run } from "../../session/index.ts";
import type { ReplicaView } from "../../session/replicas.ts";
import { Run as AnyRun } from "../../session/run.ts";

const described = new WeakMap<Experiment, Readonly<Record<string, unknown>>>();

/** A run, or one that goes on, as it is compared. */
export function factsOf(run: Run | ReplicaView): RunFacts {
  const { name, experiment, final, history, steps, stopped } = run;
  const config = described.get(experiment) ?? experiment.describe();
  described.set(experiment, config);
  const record = run instanceof AnyRun ? run.record : undefined;
  const schedule = run instanceof AnyRun ? run.instruments?.schedule : undefined;
  return {
    key: record?.id ?? name,
    name,
    config: schedule ? { ...config, schedule } : config,
    state: stopped,
    live: false,
    broken: stopped === "non-finite",
    steps,
    epochs: record?.epochs ?? history.epoch.at(-1) ?? 0,
    seconds: record?.seconds ?? 0,
    final,
    history,
  };
}

/** Places of a run's rates that tell one schedule from another. */
const RATE_PLACES = 16;

/** What decides a run's numbers and does not stand in its facts: functions within the model, and rates that were driven by hand. */
export function hiddenOf(run: Run): string {
  const { lr } = run.history;
  const rates = Array.from(
    { length: RATE_PLACES },
    (_, i) => lr[Math.round((i * (lr.length - 1)) / (RATE_PLACES - 1))],
  );
  // runs that stop early differ in length and not in what they are
  const from = run.stopped === "finished" ? rates : rates.slice(0, 1);
  return JSON.stringify([run.experiment.options.model, from]);
}
