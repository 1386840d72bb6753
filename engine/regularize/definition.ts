import type { Tensor } from "../ops/index.ts";
import { type Checked, type Definition, type Instance, optional, type Params, value } from "../params/index.ts";

/** What keeps weights small: a penalty that is added to the loss, or a limit that they are brought back to after every update. */
export interface RegularizerDefinition<P extends Params = Params> extends Definition<P> {
  /** One number for one parameter. */
  penalty?(p: Tensor, options: Checked<P>): Tensor;
  /** The parameter, within its limit. One that is within stays as it is, to the bits. */
  limit?(p: Tensor, options: Checked<P>): Tensor;
}

export type Regularizer = Instance<RegularizerDefinition>;

/** Declares a regularizer. Its name is the one it is exported under in all.ts. */
export function defineRegularizer<const P extends Params, const N extends string = never>(
  definition: RegularizerDefinition<P> & { readonly positional?: N },
): RegularizerDefinition<P> & { readonly positional: N } {
  return definition as RegularizerDefinition<P> & { readonly positional: N };
}

/** Option that says which parameters are meant. */
export const on = optional(
  value<RegExp | string, RegExp | string>(
    "",
    {
      type: "RegExp | string",
      noun: 'a pattern for names of parameters, as /^features/ or "weight"',
      accepts: (given) => given instanceof RegExp || (typeof given === "string" && given !== ""),
    },
    "Parameters whose names match, a string where it is part of the name; when not given all weights with two axes or more, which biases and norms have not.",
  ),
);

/** Whether a regularizer means a parameter. */
export function means({ options }: Regularizer, { name, shape }: { name: string; shape: readonly number[] }): boolean {
  const { on: pattern } = options as { readonly on: RegExp | string | null };
  if (pattern === null) return shape.length >= 2;
  return typeof pattern === "string" ? name.includes(pattern) : name.search(pattern) >= 0;
}
