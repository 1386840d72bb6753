import type { Tensor } from "../ops/index.ts";
import { matches, patternsOf } from "../optim/index.ts";
import {
  type Checked,
  type Definition,
  type Instance,
  optional,
  type Param,
  type Params,
  value,
} from "../params/index.ts";

/** What keeps weights small: a penalty that is added to the loss, or a limit that they are brought back to after every update. */
export interface RegularizerDefinition<P extends Params = Params> extends Definition<P> {
  /** Never set: what it makes. */
  readonly made?: Regularizer;
  /** One number for one parameter. */
  penalty?(p: Tensor, options: Checked<P>): Tensor;
  /** The parameter, within its limit. One that is within stays as it is, to the bits. */
  limit?(p: Tensor, options: Checked<P>): Tensor;
}

export interface Regularizer extends Instance<RegularizerDefinition> {}

/** Declares a regularizer. Its name is the one it is exported under in all.ts. */
export function defineRegularizer<const P extends Params, const N extends string = never>(
  definition: RegularizerDefinition<P> & { readonly positional?: N },
): RegularizerDefinition<P> & { readonly positional: N } {
  return definition as RegularizerDefinition<P> & { readonly positional: N };
}

type Patterns = string | RegExp | readonly (string | RegExp)[];

const given = optional(
  value<Patterns, Patterns>(
    "",
    {
      type: "string | RegExp | readonly (string | RegExp)[]",
      noun: "a pattern for names of parameters",
      accepts: () => true,
    },
    "Parameters that are meant, by a layer's path, a path with `*` or a regular expression; when not given all weights with two axes or more, which biases and norms have not.",
  ),
);

/** Option that says which parameters are meant; kept as text, so that it can be printed and compared. */
export const on = {
  ...given,
  read: (patterns: unknown, where: string) => (patterns === null ? null : patternsOf(patterns, where)),
} as unknown as Param<readonly string[] | null, "value?", false, Patterns | null>;

/** Whether a regularizer means a parameter. */
export function means({ options }: Regularizer, { name, shape }: { name: string; shape: readonly number[] }): boolean {
  const { on: patterns } = options as { readonly on: readonly string[] | null };
  return patterns === null ? shape.length >= 2 : patterns.some((pattern) => matches(pattern, name));
}
