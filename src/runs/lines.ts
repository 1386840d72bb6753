import type { RunHistory } from "../../engine/protocol/index.ts";
import type { RunEntry } from "./entry.ts";

type Given = Pick<RunEntry, "id" | "name" | "backend" | "steps" | "epochs" | "startedAt"> & {
  readonly better?: "higher" | "lower";
};

/** The lines that a log would have, of a run that is kept nowhere: its steps one by one, its epochs behind them. */
export function* linesOf(run: Given, history: RunHistory): Generator<unknown> {
  const { id, name, backend, steps, epochs, startedAt, better = "higher" } = run;
  const { step, trainLoss, lr, gradientNorm, penalty, epoch, epochStep, train, valid, averaged = {} } = history;
  const metrics = Object.keys({ ...train, ...valid }).filter((metric) => metric !== "loss");
  const curve = {
    metrics: metrics.map((metric) => ({ name: metric, better })),
    validation: Object.keys(valid).length > 0,
    averaged: Object.keys(averaged).length > 0,
    penalized: penalty !== undefined,
  };
  const fit = { steps, epochs, stepsPerEpoch: epochs > 0 ? Math.max(1, Math.round(steps / epochs)) : 1 };
  yield { event: "start", version: 1, run: id, name, time: new Date(startedAt).toISOString(), backend, fit, curve };
  const at = (values: readonly number[] | undefined, i: number) => (values === undefined ? [] : [values[i]]);
  for (const [i, from] of step.entries()) {
    yield {
      event: "steps",
      from,
      loss: at(trainLoss, i),
      lr: at(lr, i),
      gradientNorm: at(gradientNorm, i),
      ...(penalty === undefined ? {} : { penalty: at(penalty, i) }),
    };
  }
  const of = (part: Readonly<Record<string, readonly number[]>>, i: number) =>
    Object.fromEntries(Object.entries(part).map(([figure, values]) => [figure, values[i]]));
  for (const [i, number] of epoch.entries()) {
    yield {
      event: "epoch",
      epoch: number,
      step: epochStep[i],
      train: of(train, i),
      valid: of(valid, i),
      averaged: of(averaged, i),
    };
  }
}
