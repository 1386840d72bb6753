import { expect, test } from "vitest";
import { Splits } from "../../../engine/data/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { metrics } from "../../../engine/metrics/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { schedule } from "../../../engine/schedules/index.ts";
import { Experiment, inContext, type Run } from "../../../engine/session/index.ts";
import { trainReplicas } from "../../../engine/session/replicas.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";
import { interpretBackend } from "../backends/interpretBackend.ts";

const make = (over: object = {}) =>
  new Experiment({
    data: new Splits({ train: blobs(24), valid: blobs(12, 1000) }),
    model: nn.linear(3),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.sgd({ lr: 0.5 }),
    batchSize: 8,
    seed: 3,
    ...over,
  });

// an improvement must be by half, so that rates fall soon
const options = { schedule: schedule.plateau({ patience: 1, threshold: 0.5, factor: 0.9 }) };
const train = (experiment: Experiment, given: object): Promise<Run> =>
  inContext(testContext(interpretBackend()), () => experiment.fit(given));
const weights = (run: Run): number[] => Object.values(run.stateDict()).flatMap((t) => [...t.data]);

/** Rates by epoch from the validation losses, as PyTorch's class would step them. */
function expected(losses: readonly number[]): number[] {
  let [lr, best, bad] = [0.5, Infinity, 0];
  return losses.map((value) => {
    const before = lr;
    if (value < best * 0.5) [best, bad] = [value, 0];
    else bad += 1;
    if (bad > 1) [lr, bad] = [lr * 0.9, 0];
    return before;
  });
}

test("plateau follows the validation losses of its run, and every fall is marked with the one that caused it", async () => {
  const run = await train(make(), { ...options, epochs: 12 });
  const rates = run.history.lr.filter((_, step) => step % 3 === 0);
  expect(rates).toBeAllclose(expected(run.history.valid.loss ?? []), { rtol: 1e-12 });
  expect(new Set(rates).size).toBeGreaterThan(2);
});

test("a run that is continued waits on where it stood", async () => {
  const whole = await train(make(), { ...options, epochs: 12 });
  const half = await train(make(), { ...options, steps: 3 * 7 + 1 });
  const rest = await train(make(), { ...options, epochs: 12, resume: half });
  expect(weights(rest)).toEqual(weights(whole));
  expect(rest.history.lr).toEqual(whole.history.lr.slice(3 * 7 + 1));
});

test("replicas wait for figures of their own each", async () => {
  const one = options.schedule;
  const experiments = [make(), make({ seed: 4 }), make({ seed: 5, optimizer: optim.sgd({ lr: 0.01 }) })];
  const context = testContext(interpretBackend());
  const fit = experiments[0]?.fitOptions({ epochs: 8, schedule: one }, "fit") as never;
  const { runs } = await inContext(context, () =>
    trainReplicas(
      experiments.map((experiment) => ({ experiment, options: fit })),
      context,
      () => {},
    ),
  );
  for (const [i, experiment] of experiments.entries()) {
    const alone = await train(make(experiment.options), { epochs: 8, schedule: one });
    expect(runs[i]?.history.lr).toEqual(alone.history.lr);
    expect(weights(runs[i] as Run)).toEqual(weights(alone));
  }
});

test("a monitor that is not measured is refused before the run", async () => {
  await expect(train(make(), { epochs: 2, schedule: schedule.plateau({ monitor: "acuracy" }) })).rejects.toThrow(
    'plateau: no monitor "acuracy"; did you mean "accuracy"?',
  );
});

test("waiting for validation figures that there will never be is refused before the run", async () => {
  const alone = make({ data: blobs(24) });
  await expect(train(alone, { epochs: 2, schedule: schedule.plateau({ on: "valid" }) })).rejects.toThrow(
    'plateau: waits for validation figures, and there are no validation examples; split with valid: 0.1, or take on: "train"',
  );
});
