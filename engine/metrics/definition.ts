import type { Gives, Prediction } from "../losses/index.ts";
import type { Tensor } from "../ops/index.ts";
import { type Checked, type Definition, type Instance, type Params, text } from "../params/index.ts";

/** A prediction, and what its output means. */
export interface Scored extends Prediction {
  readonly gives: Gives;
}

/** Numbers by name: of a batch, or of all batches so far. */
export type Sums = Readonly<Record<string, Float64Array>>;

export type Better = "higher" | "lower";

/** What is measured beside the loss: made of numbers that batches add up to, so that it is exact over a whole set. */
export interface MetricDefinition<P extends Params = Params> extends Definition<P> {
  /** Never set: what it makes. */
  readonly made?: Metric;
  readonly better: Better;
  /** Where its options decide. */
  betterOf?(options: Checked<P>): Better;
  /** Keeps every score: such a metric is measured on validation and test data, not at every step of training. */
  collects(options: Checked<P>): boolean;
  /** f32 tensors of one batch, of any shape. Throws ShapeError when target does not fit output. */
  batch(scored: Scored, options: Checked<P>): Readonly<Record<string, Tensor>>;
  /** Takes a batch's numbers into those so far. */
  merge(total: Sums, batch: Sums, options: Checked<P>): Sums;
  value(sums: Sums, options: Checked<P>): number;
}

export interface Metric extends Instance<MetricDefinition> {}

const named = { name: text("", "What charts and figures call it; the metric's own name when empty.") };
type Named<P extends Params> = P & typeof named;

type Declared<P extends Params> = Omit<MetricDefinition<Named<P>>, "params" | "collects" | "merge" | "value"> & {
  readonly params: P;
  readonly collects?: boolean | ((options: Checked<Named<P>>) => boolean);
  /** Sums the numbers when not given, or puts them one after the other when it collects. */
  merge?(total: Sums, batch: Sums, options: Checked<Named<P>>): Sums;
  value(sums: Sums, options: Checked<Named<P>>): number;
};

/** Declares a metric. Its name is the one it is exported under in all.ts. */
export function defineMetric<const P extends Params, const N extends string = never>(
  declared: Declared<P> & { readonly positional?: N },
): MetricDefinition<Named<P>> & { readonly positional: N } {
  const { params, collects = false, merge, ...definition } = declared;
  return {
    ...definition,
    params: { ...params, ...named },
    collects: (options) => (typeof collects === "function" ? collects(options) : collects),
    merge: merge ?? (collects === true ? appended : added),
  } as MetricDefinition<Named<P>> & { readonly positional: N };
}

const each = (total: Sums, batch: Sums, how: (a: Float64Array, b: Float64Array) => Float64Array): Sums =>
  Object.fromEntries(Object.entries(total).map(([name, a]) => [name, how(a, batch[name] as Float64Array)]));

const added = (total: Sums, batch: Sums): Sums =>
  each(total, batch, (a, b) => a.map((value, i) => value + (b[i] as number)));

const appended = (total: Sums, batch: Sums): Sums =>
  each(total, batch, (a, b) => {
    const all = new Float64Array(a.length + b.length);
    all.set(a);
    all.set(b, a.length);
    return all;
  });

/** The only number under a name. */
export const one = (sums: Sums, name: string): number => sums[name]?.[0] as number;

/** What figures call a metric. */
export const nameOf = ({ type, options }: Metric): string => (options as { readonly name?: string }).name || type;

/** Whether high values of it are good. */
export const betterOf = ({ definition, options }: Metric): Better =>
  definition.betterOf?.(options) ?? definition.better;
