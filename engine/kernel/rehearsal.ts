import type { Rehearsal, RunContext } from "../context/index.ts";
import type { Experiment } from "../session/index.ts";

/** Steps that a fit makes: enough for what follows it in the notebook to have something. */
const FIT_STEPS = 20;

/**
 * How the cells of a notebook run for `dlnb profile`: every fit ends after a few steps, then the training step of its
 * experiment is profiled, once, over `steps` steps; the tables, and the numbers as JSON, are an output of the cell.
 */
export function rehearsalOf(steps: number | null, context: () => RunContext, profiled: WeakSet<object>): Rehearsal {
  return {
    steps: FIT_STEPS,
    fitted: async (experiment) => {
      if (profiled.has(experiment)) return;
      profiled.add(experiment);
      const profile = await (experiment as Experiment).profile(steps === null ? {} : { steps });
      const { emit, freshId } = context();
      emit({
        event: "output",
        output: {
          id: freshId("profile"),
          items: [
            { mime: "text/plain", data: String(profile) },
            { mime: "application/json", data: { profile } },
          ],
        },
      });
    },
  };
}
