import { inContext, type RunContext } from "../../context/index.ts";
import { NonFiniteError } from "../../errors/index.ts";
import type { Experiment, Run } from "../../session/index.ts";

/** Options of a quiet fit; see fitParams. */
export type QuietFit = Pick<
  NonNullable<Parameters<Experiment["fit"]>[0]>,
  "epochs" | "steps" | "schedule" | "earlyStopping" | "name"
>;

/**
 * `experiment.fit` without a chart of its own; `at` hears how far it is, in steps. `keep` writes log and checkpoints. A run that was no longer
 * finite is returned as what it was until then: its `stopped` says so.
 */
export async function fitQuietly(
  experiment: Experiment,
  options: QuietFit,
  context: RunContext,
  { keep, at }: { readonly keep: boolean; readonly at: (step: number) => void },
): Promise<Run> {
  const quiet: RunContext = {
    cell: context.cell,
    signal: context.signal,
    emit: (event) => {
      if (event.event === "progress") at(event.done);
      if (event.event === "run" && keep) context.emit(event);
    },
    log: (level, text) => context.log(level, text),
    freshId: (prefix) => context.freshId(prefix),
    runFolder: keep ? context.runFolder : null,
    notebookFolder: context.notebookFolder,
    backend: () => context.backend(),
    ...(context.rivals && { rivals: context.rivals.bind(context) }),
    shield: (work) => context.shield(work),
    rehearsal: context.rehearsal && { steps: context.rehearsal.steps, fitted: async () => {} },
  };
  try {
    return await inContext(quiet, () => experiment.fit(options));
  } catch (error) {
    const run = experiment.lastRun;
    if (error instanceof NonFiniteError && run?.stopped === "non-finite") return run;
    throw error;
  }
}
