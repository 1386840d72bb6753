/** Schedules and initializers before they stand in a cell. */

export interface PreviewParams {
  /** As `schedule.cosine({ etaMin: 1e-4 })` or `init.orthogonal()`; never text of a cell. */
  call: string;
  experiment: string | null;
  /** Length of the run: in epochs, or in steps; 10 epochs when neither is known. */
  epochs: number | null;
  steps: number | null;
}

export interface Preview {
  problem: string | null;
  curve: RateCurve | null;
  density: Density | null;
  /** The run that a curve is of; `known`: by the experiment's own data, batch size and rate, else of 100 steps an epoch from 0.1. */
  run: { steps: number; stepsPerEpoch: number; lr: number; known: boolean };
}

/** The rates of a schedule over a run, at 240 steps at most, first and last among them. */
export interface RateCurve {
  step: readonly number[];
  lr: readonly number[];
  /** Figures that it waits for; they are taken to stop improving after a fifth of the run. */
  waits: readonly string[];
}

/** How often weights fall into bins of equal width, evenly about 0: shares of all. */
export interface Density {
  center: readonly number[];
  share: readonly number[];
  mean: number;
  std: number;
  /** Shape of the weights that were drawn. */
  shape: readonly number[];
}
