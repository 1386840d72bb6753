import { type FullBatch, nothing } from "../../../engine/optim/index.ts";
import { DeviceModel } from "../../../engine/session/device.ts";
import type { Experiment } from "../../../engine/session/experiment.ts";
import { CountedProblem } from "../../../engine/session/fullBatch.ts";
import type { Case, Numbers } from "../case.ts";
import type { Given } from "../compare.ts";
import type { Bench } from "../run.ts";

/** The trajectory of a method that looks at the whole set: loss and gradient where each step begins, weights where it ends. */
export async function fullBatchTrajectory(
  c: Case,
  bench: Bench,
  experiment: Pick<Experiment, "config" | "splits" | "options">,
  rate: (step: number) => number,
): Promise<Given> {
  const { config } = experiment;
  const { definition, options } = config.optimizer as FullBatch;
  const { slices } = config.model.parameters;
  const series: Record<string, number[]> = {};
  const push = (name: string, values: Iterable<number>) => {
    series[name] = [...(series[name] ?? []), ...values];
  };
  const device = new DeviceModel(bench.backend, config);
  try {
    const problem = new CountedProblem(experiment, device, { stopped: () => false, told: () => {} });
    let x: Float64Array = Float64Array.from(
      slices.flatMap(({ name }) => Array.from((c.inputs[`param.${name}`] as Numbers).data)),
    );
    let memory = nothing;
    const steps = c.outputs.loss?.data.length ?? (c.config.steps as number);
    for (let step = 0; step < steps; step++) {
      const lr = rate(step);
      const done = await definition.step({ x, problem, memory, options: { ...options, lr } });
      ({ x, memory } = done);
      push("loss", [done.before.loss]);
      push("lr", [lr]);
      let at = 0;
      for (const { name, size } of slices) {
        push(`traj.${name}`, x.subarray(at, at + size));
        push(`grad.${name}`, done.before.gradient.subarray(at, at + size));
        at += size;
      }
    }
    return { ...series, func_evals: [problem.evaluations], n_iter: [memory.numbers.iterations ?? 0] };
  } finally {
    device.dispose();
  }
}
