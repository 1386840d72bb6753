import { hyperparameters } from "../../optim/index.ts";
import type { DeviceModel, RunState } from "../../session/device.ts";
import { rateOf } from "../curvature/rate.ts";
import { plus, type Vector } from "../curvature/vectors.ts";
import type { Subject } from "../subject.ts";

/**
 * Where the optimizer would go from the subject's weights on each of these batches of the first epoch: next weights minus
 * weights, flat. The optimizer's state is the run's, when it ended where the weights are; otherwise that of a first step.
 * Leaves the device as it was.
 */
export async function proposedSteps(
  subject: Subject,
  device: DeviceModel,
  batches: readonly number[],
): Promise<Vector[]> {
  const { experiment, run } = subject;
  const { batchSize, seed } = experiment.options;
  const before = await device.save();
  const zeros = Object.fromEntries(
    Object.entries(before.optimizer).map(([name, state]) => [name, new Float32Array(state.length)]),
  );
  const continued = run !== null && run.weights === run.checkpoint.state;
  const optimizer = continued && run.checkpoint.state.optimizer ? run.checkpoint.state.optimizer : zeros;
  const start: RunState = { ...before, optimizer: { ...zeros, ...optimizer } };
  const data = device.upload("train", experiment.splits.train);
  device.setOrder(experiment.epochOrder(0));
  const lr = rateOf(subject);
  const hyper = {
    ...hyperparameters(subject.config.optimizer),
    ...(Number.isNaN(lr) ? {} : { lr }),
    step: (continued ? run.steps : 0) + 1,
  };
  const steps: Vector[] = [];
  for (const k of batches) {
    device.load(start);
    await device.train(data, batchSize, [{ hyper, cursor: k * batchSize, noiseSeed: seed, noiseStep: hyper.step }]);
    steps.push(plus((await device.save()).parameters, start.parameters, -1));
  }
  device.load(before);
  return steps;
}
