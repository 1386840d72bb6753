import { ConfigError, ShapeError } from "../errors/index.ts";
import { broadcastTo, concat, constant, reshape, type Tensor } from "../ops/index.ts";
import { optional, value } from "../params/index.ts";
import { type Shape, show } from "../tensor/index.ts";
import type { ClassCounts } from "./definition.ts";

/** Numbers, or lists of them. */
export type Nested = number | readonly Nested[];

/** Weights of the classes as an option: numbers, or "balanced". */
export type ClassWeights = readonly number[] | "balanced";

export const classWeights = optional(
  value<ClassWeights, ClassWeights>(
    [],
    {
      type: 'readonly number[] | "balanced"',
      noun: 'one number per class, none negative, or "balanced"',
      accepts: (given) => given === "balanced" || (Array.isArray(given) && given.every(isWeight)),
    },
    'Weight of each class; the mean divides by the sum of the picked weights. "balanced" counts the training data: n / (classes * n of the class), as scikit-learn.',
  ),
);

/** Weights of elements as an option: for each label, or in any shape that fits the output from the right. */
export const elementWeights = (doc: string) =>
  optional(
    value<Nested, Nested>(
      [],
      { type: "Nested", noun: "numbers that fit the output, none negative", accepts: isNested },
      doc,
    ),
  );

const isWeight = (given: unknown): given is number => typeof given === "number" && given >= 0 && given < Infinity;
const isNested = (given: unknown): boolean => (Array.isArray(given) ? given.every(isNested) : isWeight(given));

/** Weights that are numbers by now. Throws ConfigError for "balanced", which an experiment settles. */
export function settled(where: string, weight: ClassWeights | null): readonly number[] | null {
  if (weight === "balanced") {
    throw new ConfigError(
      `${where}: weight "balanced" is counted from the training data of an experiment; give numbers`,
    );
  }
  return weight;
}

/** scikit-learn's class_weight="balanced". Throws ConfigError for a class without examples. */
export function balanced(where: string, { name, counts, examples }: ClassCounts): number[] {
  const none = counts.indexOf(0);
  if (none >= 0) {
    throw new ConfigError(
      `${where}: weight "balanced" divides by how often a class occurs, and class ${none} of ${name} has no examples; give numbers`,
    );
  }
  return counts.map((count) => examples / (counts.length * count));
}

/** A constant tensor of these numbers. */
export const vector = (numbers: readonly number[]): Tensor => concat(numbers.map((w) => constant(w, [1])));

/** Nested lists as a tensor that is repeated to `shape`. Throws ShapeError when they do not fit it. */
export function repeated(where: string, option: string, weights: Nested, shape: Shape): Tensor {
  const own = shapeOf(where, option, weights);
  const fits = own.length <= shape.length && own.every((size, i) => size === 1 || size === shape.at(i - own.length));
  if (!fits) throw new ShapeError(`${where}: ${option} ${show(own)} does not fit the output ${show(shape)}`);
  const numbers = flat(weights);
  return broadcastTo(own.length === 0 ? constant(numbers[0] as number) : reshape(vector(numbers), own), shape);
}

const flat = (weights: Nested): number[] => (typeof weights === "number" ? [weights] : weights.flatMap(flat));

function shapeOf(where: string, option: string, weights: Nested): number[] {
  if (!Array.isArray(weights)) return [];
  const [first, ...rest] = weights.map((w: Nested) => shapeOf(where, option, w));
  if (first === undefined || rest.some((shape) => shape.join() !== first.join())) {
    throw new ShapeError(`${where}: ${option} has rows of different lengths, or none`);
  }
  return [weights.length, ...first];
}
