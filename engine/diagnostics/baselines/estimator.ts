/** Training examples for a plain classifier: x [N, features] row-major, y [N] class numbers. */
export interface Examples {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly features: number;
  readonly classes: number;
}

/** Learns from examples and returns what predicts the classes of others [M, features]. */
export type Estimator = (examples: Examples) => (x: ArrayLike<number>) => Int32Array;
