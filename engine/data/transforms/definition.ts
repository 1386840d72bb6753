import type { Checked, Definition, Instance, Params } from "../../params/index.ts";
import type { Shape } from "../../tensor/index.ts";

/** Examples as rows of numbers, row-major in f64: [count, width]. A missing value is NaN. */
export interface Rows {
  readonly count: number;
  readonly width: number;
  readonly data: ArrayLike<number>;
}

/** A column of a table: numbers, or places in a list of categories. */
export interface Column {
  readonly name: string;
  readonly categories?: readonly string[] | undefined;
}

/** What a transform learnt from the training examples, by name. */
export type Statistics = Readonly<Record<string, Float64Array>>;

/** Looks at the training examples piece by piece, so that they need not be in memory at once. */
export interface Collector {
  add(rows: Rows): void;
  /** Throws DataError when the examples do not give the statistics. */
  finish(): Statistics;
}

/** What is known of the examples before they are seen. */
export interface About {
  /** The columns that the transform works on. */
  readonly columns: readonly Column[];
  /** Of an example, before columns were chosen: [channels, height, width] for images. */
  readonly shape: Shape;
}

/** A change of every value by itself. */
export interface Each {
  /** The columns, divided evenly, make so many groups that are treated alike. */
  readonly groups: number;
  change(x: number, group: number): number;
  invert?(x: number, group: number): number;
}

/**
 * A step that prepares the features: what it learns from the training examples, and what it then does to any. It is the
 * same for every example alone, so that it can be applied to pieces of a set.
 */
export interface TransformDefinition<P extends Params = Params> extends Definition<P> {
  /** Never set: what it makes. */
  readonly made?: Transform;
  /** Which columns it works on when none are named. */
  readonly of: "numbers" | "categories" | "all";
  /** Its columns are new ones, behind those that were not chosen; otherwise they take the places of the old ones, further ones at the end. */
  readonly anew?: true;
  /** Takes missing values; for others they are an error. */
  readonly missing?: true;
  /** Absent where it learns nothing. */
  collect?(about: About, options: Checked<P>): Collector;
  /** Either every value becomes another by itself; numbers that are kept as bytes then stay bytes. */
  each?(width: number, statistics: Statistics, options: Checked<P>): Each;
  /** Or there are new rows of these. */
  apply?(rows: Rows, statistics: Statistics, options: Checked<P>): Rows;
  /** The rows that were made these, as near as what was kept allows, where `each` does not say it. */
  invert?(rows: Rows, statistics: Statistics, options: Checked<P>): Rows;
  /** What the columns are afterwards; absent where they stay. */
  columns?(columns: readonly Column[], statistics: Statistics, options: Checked<P>): readonly Column[];
}

/** A transform with its options: `{ type: "standardize", options: { ... } }`. */
export interface Transform extends Instance<TransformDefinition> {}

/** Declares a transform. Its name is the one it is exported under in all.ts. */
export function defineTransform<const P extends Params, const N extends string = never>(
  definition: TransformDefinition<P> & { readonly positional?: N },
): TransformDefinition<P> & { readonly positional: N } {
  return definition as TransformDefinition<P> & { readonly positional: N };
}
