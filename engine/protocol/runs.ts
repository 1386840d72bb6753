import type { BackendName } from "./kernel.ts";

/** Training runs: where they stand, how they are changed while they train, how they went. */

/** Where a training run stands. Rates are over the last seconds. */
export interface RunStatus {
  id: string;
  name: string;
  /** Absolute folder with log and checkpoints; null when nothing is written. */
  folder: string | null;
  step: number;
  steps: number;
  epoch: number;
  epochs: number;
  trainLoss: number | null;
  validLoss: number | null;
  /** The first metric on the validation set (train when there is none), with its name. */
  metric: { name: string; value: number } | null;
  lr: number;
  stepsPerSecond: number;
  etaSeconds: number | null;
  backend: BackendName;
  /** Whether it waits, with its device, for `resume`. */
  paused: boolean;
  /** When it ends before its last step because it was asked to: after the epoch under way. */
  stopping: "epoch" | null;
  /** Of runs that train side by side, and are changed as one: figures are means over those that go on. */
  beside?: RunsBeside | undefined;
}

export interface RunsBeside {
  /** All of them, that of the status among them. */
  runs: readonly { id: string; folder: string | null }[];
  /** Each has a rate of its own: it can be scaled, and not set. */
  ownRates: boolean;
}

/**
 * A change of a run while it trains. Pauses and stops leave the numbers as they are. `set-lr` is the rate of the next step, and
 * the rest of the schedule is scaled with it: a constant rate stays at `value`, a cosine goes on falling, to its end times
 * `value / planned`; where the schedule's rate is 0 there, `value` holds. `set-schedule` goes in straight lines through its points,
 * from the rate in force to the first one, and holds the last one's rate: steps count updates done, ascending. `follow-plan` goes
 * back to the schedule. Momentum keeps to the schedule. `stop-after-epoch` validates, keeps a checkpoint and ends the run as early
 * stopping does (`stopped: "early"`); `keep-going` takes that back.
 */
export type RunChange =
  | { do: "pause" }
  | { do: "resume" }
  | { do: "stop-after-epoch" }
  | { do: "keep-going" }
  | { do: "set-lr"; value: number }
  | { do: "set-schedule"; points: readonly (readonly [step: number, lr: number])[] }
  | { do: "follow-plan" };

/** What may be asked of a run: a change, or `scale-lr`, which becomes a `set-lr` of every run that trains side by side. */
export type RunControl = RunChange | { do: "scale-lr"; factor: number };

/** A change and the updates that were done, or on their way, when it was made: the first step that it concerns comes after them. */
export interface Controlled {
  step: number;
  change: RunChange;
}

/** At most 200 places from the next step to the last. */
export interface RestOfPlan {
  /** Updates done before the step, ascending. */
  steps: readonly number[];
  lr: readonly number[];
  /** What the schedule says without any change. */
  planned: readonly number[];
}

export interface RunSummary {
  id: string;
  name: string;
  /** Absolute folder with log and checkpoints; null when nothing is written. */
  folder: string | null;
  backend: BackendName;
  adapter: string;
  steps: number;
  epochs: number;
  seconds: number;
  /** `early`: by early stopping, or by hand after an epoch. */
  stopped: "finished" | "interrupted" | "early" | "non-finite";
  final: Readonly<Record<string, number>>;
  history: RunHistory;
}

/** Per step (thinned to a bounded number of points when `thinned`) and per epoch. */
export interface RunHistory {
  step: readonly number[];
  trainLoss: readonly number[];
  lr: readonly number[];
  /** Euclidean norm of the whole gradient before clipping. */
  gradientNorm: readonly number[];
  /** What penalties on weights added to the loss, where there are some. */
  penalty?: readonly number[];
  epoch: readonly number[];
  epochStep: readonly number[];
  valid: Readonly<Record<string, readonly number[]>>;
  train: Readonly<Record<string, readonly number[]>>;
  /** As `valid`, of averaged weights where they are kept; NaN before they begin. */
  averaged?: Readonly<Record<string, readonly number[]>>;
  thinned: boolean;
}
