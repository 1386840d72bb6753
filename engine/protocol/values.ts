/** The notebook's names and what they hold. */

/** A value in words. No getter, method or proxy of it was run to find them. */
export interface DescribedValue {
  /** "number", "Tensor 64×10 f32", "Dataset 1,437 × 64", "Experiment", "Run", "Array 3", the name of a class. */
  type: string;
  /** One line of at most 120 characters. */
  summary: string;
  /** Of tensors and data sets. */
  shape: readonly number[] | null;
  /** Host memory, without what other names hold. Device memory belongs to runs that train, not to names. */
  bytes: number;
  /** There is more than was looked at. */
  atLeast: boolean;
  /** Whether `inspect` gives parts of it. */
  parts: boolean;
}

export interface Variable extends DescribedValue {
  name: string;
}

export interface Part extends DescribedValue {
  /** For `path`. */
  key: string;
  /** What is shown: `[3]`, `train`, `mean`. */
  label: string;
}
