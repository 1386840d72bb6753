import type { RunContext } from "../../context/index.ts";
import { Interrupted } from "../../errors/index.ts";
import { count } from "../../plots/format.ts";
import { type Instruments, probe, type Strip } from "../../session/instruments/index.ts";
import { initialWeights, type Weights } from "../../session/model.ts";
import { Progress } from "../showing.ts";
import type { Subject } from "../subject.ts";

/** Looks at training, and in words where they come from. */
export interface Seen {
  readonly instruments: Instruments;
  /** What is known of every step: of the run's own where there is one. */
  readonly strip: Strip;
  /** Those that the looked at training ended with. */
  readonly weights: Weights;
  /** "run 1, 40 looks, every 50 steps" or "200 steps of a copy, from the initial weights". */
  readonly source: string;
}

/**
 * The looks that the subject's run kept; for an experiment, and for a run that was not instrumented, those at the first
 * `steps` steps of a copy that is trained as the run was. Throws Interrupted when it is stopped before the second step.
 */
export async function seenOf(subject: Subject, steps: number, context: RunContext): Promise<Seen> {
  const { experiment, run } = subject;
  const own = run?.instruments;
  if (run && own && own.count > 0) {
    const often = own.every === 1 ? "every step" : `every ${count(own.every, "step")}`;
    return {
      instruments: own,
      strip: own.strip,
      weights: run.weights,
      source: `${run.name}, ${count(own.count, "look")}, ${often}`,
    };
  }
  const { dropLast } = experiment.options;
  const stepsPerEpoch = (dropLast ? Math.floor : Math.ceil)(experiment.splits.train.size / experiment.stepSize);
  const planned = own ? Math.max(steps, run?.steps ?? 0) : steps;
  const extent = { steps: planned, epochs: Math.ceil(planned / stepsPerEpoch), stepsPerEpoch };
  // of a run from a file nobody knows how it was trained
  const weights = run && !own ? run.weights : initialWeights(experiment.config.model, experiment.options.seed);
  const progress = new Progress(context, { total: steps, unit: "steps", message: "looking at a copy in training" });
  let done = 0;
  const schedule = own?.schedule ?? null;
  const { instruments, weights: ended } = await probe(
    experiment,
    { weights, schedule, extent, steps, context },
    (at) => {
      done = at;
      progress.at(at);
      return progress.stopped;
    },
  );
  if (instruments.count < 2) {
    if (progress.stopped) throw new Interrupted("looking at a copy in training: interrupted; nothing was changed");
  }
  const from = run && !own ? `from ${run.name}` : "from the initial weights";
  const short = done < steps ? `, ${progress.stopped ? "interrupted" : "then not finite"}` : "";
  const why = run ? `; fit({ instruments: "economy" }) looks at whole runs` : "";
  return {
    instruments,
    strip: own?.strip ?? instruments.strip,
    weights: ended,
    source: `${count(done, "step")} of a copy ${from}${short}${why}`,
  };
}
