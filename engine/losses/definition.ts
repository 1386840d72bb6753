import { constant, sum, type Tensor } from "../ops/index.ts";
import type { Checked, Definition, Instance, Params } from "../params/index.ts";
import { type Reduction, reduced } from "./reduction.ts";

/** What the model made of a batch, and what it should have made. */
export interface Prediction {
  /** f32, as the model gives it: scores before softmax for classes. */
  readonly output: Tensor;
  readonly target: Tensor;
}

/** What an output means: plain scores, which a softmax or sigmoid makes probabilities of, or what the model ends in otherwise. */
export type Gives = "scores" | "probabilities" | "logProbabilities" | "values" | "embeddings";

/**
 * What the targets may be: a class of several, a yes or no (a class of two, or any of several labels), numbers of their own,
 * or none that it looks at.
 */
export type Takes = "class" | "label" | "value" | "any";

/** Losses of the elements, before they become one number. */
export interface Terms {
  readonly each: Tensor;
  /** What the mean divides their sum by, where it is not their number. */
  readonly count?: Tensor | number | undefined;
}

/** What training lowers. */
export interface LossDefinition<P extends Params = Params> extends Definition<P> {
  /** Never set: what it makes. */
  readonly made?: Loss;
  takes(options: Checked<P>): readonly Takes[];
  gives(options: Checked<P>): Gives;
  /** A scalar, or with reduction "none" one number per element. Throws ShapeError when target does not fit output. */
  compute(prediction: Prediction, options: Checked<P>): Tensor;
  /** Scalars of a batch, `width` of them, whose sums over the batches of a set are all that `ofSet` asks for. */
  sums(prediction: Prediction, options: Checked<P>): Tensor[];
  width(options: Checked<P>): number;
  /** The loss of a whole set, as of one batch, whatever its batches were. */
  ofSet(sums: readonly number[], options: Checked<P>): number;
  /** Settles options that the training data decide, such as balanced weights, from how often each class occurs. */
  settle?(options: Checked<P>, counts: ClassCounts): Checked<P>;
}

/** How often each class occurs, or each label holds, among `examples`. */
export interface ClassCounts {
  /** An example has one of the classes, or any of the labels. */
  readonly of: "classes" | "labels";
  readonly name: string;
  readonly counts: readonly number[];
  readonly examples: number;
}

export interface Loss extends Instance<LossDefinition> {}

type Declared<P extends Params> = Omit<
  LossDefinition<P>,
  "takes" | "gives" | "compute" | "sums" | "width" | "ofSet"
> & {
  readonly takes: readonly Takes[];
  readonly gives: Gives;
  /** Throws ShapeError when target does not fit output. */
  terms(prediction: Prediction, options: Checked<P>): Terms;
};

/** Declares a loss whose elements are reduced as its option `reduction` says. Its name is the one it is exported under in all.ts. */
export function defineLoss<const P extends Params, const N extends string = never>(
  declared: Declared<P> & { readonly positional?: N },
): LossDefinition<P> & { readonly positional: N } {
  const { terms, takes, gives, ...definition } = declared;
  const how = (options: Checked<P>) => (options as { readonly reduction?: Reduction }).reduction ?? "mean";
  return {
    ...definition,
    takes: () => takes,
    gives: () => gives,
    width: () => 2,
    compute: (prediction, options) => reduced(terms(prediction, options), how(options)),
    sums: (prediction, options) => {
      const { each, count = each.size } = terms(prediction, options);
      const total = sum(each);
      return [total, typeof count === "number" ? constant(count) : count];
    },
    ofSet: ([total, count], options) =>
      how(options) === "sum" ? (total as number) : (total as number) / (count as number),
  } as LossDefinition<P> & { readonly positional: N };
}

/** The loss with options that the training data decide. */
export function settleLoss(loss: Loss, counts: ClassCounts): Loss {
  const { type, definition, options } = loss;
  if (!definition.settle) return loss;
  return Object.freeze(
    Object.defineProperty({ type, options: definition.settle(options, counts) }, "definition", { value: definition }),
  ) as Loss;
}
