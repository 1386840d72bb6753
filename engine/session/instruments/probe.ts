import type { RunContext } from "../../context/index.ts";
import { hyperparameters } from "../../optim/index.ts";
import type { RunExtent } from "../../protocol/index.ts";
import type { Schedule } from "../../schedules/index.ts";
import { DeviceModel } from "../device.ts";
import type { Experiment } from "../experiment.ts";
import type { Weights } from "../model.ts";
import { scalarsOf } from "../scalars.ts";
import { Instruments } from "./instruments.ts";
import { DeviceClock, Pace } from "./pace.ts";
import { Strip } from "./strip.ts";
import { Watch } from "./watch.ts";
import { watchedOf } from "./watched.ts";

/**
 * Trains a copy for `steps` steps, from `weights` on, as `fit` would with the same seed and schedule, and looks at it before
 * every one; the weights are those it ends with. Stops early when `at` says so (it is told the steps done), or at the first step that is not finite.
 */
export async function probe(
  experiment: Experiment,
  given: { weights: Weights; schedule: Schedule | null; extent: RunExtent; steps: number; context: RunContext },
  at: (done: number) => boolean,
): Promise<{ instruments: Instruments; weights: Weights }> {
  const { context, schedule, extent, steps, weights } = given;
  const { config } = experiment;
  const { stepSize } = experiment;
  const device = new DeviceModel(await context.backend(), config);
  try {
    device.load(weights);
    const data = device.upload("train", experiment.splits.train);
    const watched = watchedOf(config, data, experiment.options.batchSize);
    const pace = new Pace("full", 0, steps);
    const strip = new Strip(config, Object.keys(hyperparameters(config.optimizer)));
    const instruments = new Instruments({ mode: "full", schedule, strip, watched, pace });
    const clock = new DeviceClock();
    await device.training(data, stepSize);
    const watch = await Watch.begin({
      instruments,
      watched,
      pace,
      clock,
      device,
      data,
      batch: stepSize,
      from: 0,
      now: 0,
      to: steps,
      told: () => {},
    });
    const scalarsAt = scalarsOf(experiment, schedule, extent);
    const scalars = (step: number) => scalarsAt(step, step - (step % extent.stepsPerEpoch));
    let done = 0;
    for (; done < steps; done++) {
      if (done % extent.stepsPerEpoch === 0) device.setOrder(experiment.epochOrder(done / extent.stepsPerEpoch));
      const within = done % extent.stepsPerEpoch;
      const left = data.count - within * stepSize;
      const now = scalars(done);
      const looked = watch.at(done, left >= stepSize, () => now);
      const trained = device.train(data, Math.min(stepSize, left), [now]);
      const [rows] = await Promise.all([trained, looked]);
      if (rows.ok?.[0] !== 1) break;
      strip.add(done + 1, 1, rows, [now]);
      if (at(done + 1)) {
        done += 1;
        break;
      }
    }
    // on the first batch of the order, as `fit` does: the next one may be smaller
    if (done === steps) await watch.end(done, scalarsAt(done, done));
    return { instruments, weights: await device.save() };
  } finally {
    device.dispose();
  }
}
