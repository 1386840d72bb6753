import type { RunFacts } from "../../engine/protocol/index.ts";
import { normal } from "../../engine/random/index.ts";

/** What a made-up run is to be like. */
export interface MadeUp {
  readonly name: string;
  readonly lr: number;
  readonly seed?: number;
  readonly batchSize?: number;
  readonly optimizer?: string;
  readonly steps?: number;
  readonly live?: boolean;
  /** Validation accuracy that it ends near. */
  readonly ends?: number;
}

const STEPS_PER_EPOCH = 20;
const POINTS = 2000;

/** A run as logs tell of it: losses that fall and go up and down, an accuracy that rises. */
export function madeUp({
  name,
  lr,
  seed = 1,
  batchSize = 32,
  optimizer = "adam",
  steps = 600,
  live = false,
  ends = 0.95,
}: MadeUp): RunFacts {
  const noise = normal(seed, Math.round(lr * 1e6) + batchSize, 4 * POINTS);
  const stride = Math.max(1, Math.ceil(steps / POINTS));
  const step = Array.from({ length: Math.floor(steps / stride) }, (_, i) => (i + 1) * stride);
  const falls = (at: number) => 0.2 + 2 * Math.exp((-3 * at) / 300);
  const epoch = Array.from({ length: Math.floor(steps / STEPS_PER_EPOCH) }, (_, i) => i + 1);
  const epochStep = epoch.map((e) => e * STEPS_PER_EPOCH);
  const accuracy = epochStep.map((at, i) => ends * (1 - 0.7 * Math.exp(-at / 120)) + 0.006 * (noise[i] as number));
  const loss = epochStep.map((at, i) => falls(at) * 1.1 + 0.02 * (noise[POINTS + i] as number));
  return {
    key: `/runs/${name}`,
    name,
    config: {
      name: "experiment 1",
      data: { train: 320, valid: 400, test: 0, example: [64] },
      model: [
        { name: "0.weight", shape: [64, 16], init: { type: "kaimingUniform", options: {} } },
        { name: "0.bias", shape: [16], init: null },
      ],
      loss: { type: "crossEntropy", options: { labelSmoothing: 0 } },
      metrics: [{ type: "accuracy", options: { name: "" } }],
      optimizer: { type: optimizer, options: { lr, betas: [0.9, 0.999], eps: 1e-8 } },
      regularize: [],
      batchSize,
      seed,
      schedule: null,
    },
    state: live ? "running" : "finished",
    live,
    broken: false,
    steps,
    epochs: epoch.length,
    seconds: steps / 150,
    final: {
      trainLoss: falls(steps),
      validLoss: loss.at(-1) ?? Number.NaN,
      validAccuracy: accuracy.at(-1) ?? Number.NaN,
    },
    history: {
      step,
      trainLoss: step.map((at, i) => falls(at) + 0.15 * (noise[2 * POINTS + i] as number)),
      lr: step.map(() => lr),
      gradientNorm: step.map((_, i) => 1 + 0.3 * Math.abs(noise[3 * POINTS + (i % POINTS)] as number)),
      epoch,
      epochStep,
      valid: { loss, accuracy },
      train: { loss: loss.map((v) => v * 0.9), accuracy: accuracy.map((v) => v + 0.01) },
      thinned: stride > 1,
    },
  };
}

/** Two rates and two batch sizes, three seeds each. */
export const someRuns = (): RunFacts[] =>
  [0.001, 0.03].flatMap((lr) =>
    [16, 64].flatMap((batchSize) =>
      [1, 2, 3].map((seed) =>
        madeUp({
          name: `lr ${lr}, batch ${batchSize}, seed ${seed}`,
          lr,
          seed,
          batchSize,
          ends: 0.94 + (lr === 0.001 ? 0.02 : 0) + 0.001 * seed,
        }),
      ),
    ),
  );
