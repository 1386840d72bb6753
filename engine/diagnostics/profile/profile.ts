import type { Backend } from "../../backends/backend.ts";
import type { Profile } from "../../backends/profile.ts";
import type { RunContext } from "../../context/index.ts";
import { ConfigError } from "../../errors/index.ts";
import { hyperparameters } from "../../optim/index.ts";
import { int, optional, required } from "../../params/index.ts";
import { profilePlot } from "../../plots/profile.ts";
import type { Program, StepScalars } from "../../session/device.ts";
import { backendFor } from "../../session/rivals.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, Progress, showChart } from "../showing.ts";
import type { Subject } from "../subject.ts";
import { merged, type StepProfile, stepProfile, workingBytes } from "./stepProfile.ts";
import { tables } from "./words.ts";

/** Steps before it measures: code is compiled by and by, and the number of threads is still being found. */
const WARM_UP_MS = 400;
const WARM_UP_STEPS = 4;
/** Steps of one round last about this long, so that an interrupt is noticed. */
const ROUND_MS = 250;
/** Without `steps`, so long, within bounds. */
const MEASURED_MS = 1500;
const FEWEST = 8;
const MOST = 400;
/** A copy is measured over as much memory as the step works in, within bounds. */
const COPY_BYTES = [2 ** 18, 2 ** 26] as const;

export const profile = defineDiagnostic({
  summary:
    "Where the time of a training step goes: every launch with its layer, arithmetic and memory, against what the machine does at best.",
  params: {
    steps: optional(
      int(
        required,
        "[2, 100000]",
        "Steps that are run, every other turn of them measured; as many as take 1.5 seconds when not given.",
      ),
    ),
    batchSize: optional(int(required, "[1, inf)", "Examples per step; the experiment's when not given.")),
  },
  of: ["experiment", "run"],
  inspects: false,
  cost: "about two seconds of training, on a copy",
  measure: async (subject, { steps, batchSize }, context): Promise<StepProfile> => {
    const { experiment, name } = subject;
    const batch = batchSize ?? experiment.stepSize;
    const { size } = experiment.splits.train;
    if (batch > size) {
      throw new ConfigError(`profile: batchSize = ${batch} is larger than the ${size} training examples`);
    }
    // where it would train
    const backend = await backendFor(experiment, subject.run?.progress?.backend, context);
    const { plan, found } = await timed(subject, batch, steps, context, backend);
    const [least, most] = COPY_BYTES;
    const bytes = 2 ** Math.round(Math.log2(Math.min(Math.max(workingBytes(plan), least), most)));
    const peaks = await backend.peaks(found.threads, bytes);
    const about = { name, backend: `${backend.name} (${backend.adapter})`, batchSize: batch };
    const result = stepProfile(about, plan, found, peaks);
    showChart(context, profilePlot, result);
    return measured(result, tables(result));
  },
});

/** Runs training steps on a copy: a while to get going, then rounds that are measured. */
async function timed(subject: Subject, batch: number, asked: number | null, context: RunContext, backend: Backend) {
  const { experiment, config } = subject;
  return await subject.onDevice(
    context,
    async (device) => {
      const data = device.upload("train", experiment.splits.train);
      device.setOrder(experiment.epochOrder(0));
      const program = await device.training(data, batch);
      const hyper = hyperparameters(config.optimizer);
      const whole = Math.floor(data.count / batch);
      const scalars = (from: number, count: number): StepScalars[] =>
        Array.from({ length: count }, (_, i) => ({
          hyper: { ...hyper, step: from + i + 1 },
          cursor: ((from + i) % whole) * batch,
          noiseSeed: experiment.options.seed,
          noiseStep: from + i,
        }));
      const { done, stepMs } = await warmUp(program, scalars, context);
      const steps = asked ?? Math.min(Math.max(Math.round(MEASURED_MS / stepMs), FEWEST), MOST);
      const progress = new Progress(context, { total: steps, unit: "steps", message: "profiling steps" });
      const round = Math.min(Math.max(2, Math.round(ROUND_MS / stepMs)), 256);
      const rounds: Profile[] = [];
      for (let from = 0; from < steps; ) {
        progress.check(from);
        const left = steps - from;
        const count = left < round + 2 ? left : round; // a round of one step would have none that is measured
        rounds.push(await program.profile(scalars(done + from, count)));
        from += count;
      }
      progress.check(steps);
      return { plan: program.plan, found: merged(rounds as [Profile, ...Profile[]]) };
    },
    backend,
  );
}

async function warmUp(
  program: Program,
  scalars: (from: number, count: number) => StepScalars[],
  context: RunContext,
): Promise<{ done: number; stepMs: number }> {
  const progress = new Progress(context, { total: null, unit: "steps", message: "warming up" });
  const began = performance.now();
  let stepMs = Number.POSITIVE_INFINITY;
  let done = 0;
  for (let count = 1; done < WARM_UP_STEPS || performance.now() - began < WARM_UP_MS; done += count) {
    progress.check(done);
    if (done > 0) count = Math.min(2 * count, Math.max(1, Math.round(30 / stepMs)), 256);
    const then = performance.now();
    await program.run(scalars(done, count));
    stepMs = Math.min(stepMs, (performance.now() - then) / count);
  }
  return { done, stepMs };
}
