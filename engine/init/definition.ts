import { ShapeError } from "../errors/index.ts";
import type { Checked, Definition, Instance, Params } from "../params/index.ts";
import { type Shape, show, sizeOf } from "../tensor/index.ts";

/** How a parameter gets its first values. Drawn on the host: the same seed gives the same bits on every backend. */
export interface InitDefinition<P extends Params = Params> extends Definition<P> {
  /** Never set: what it makes. */
  readonly made?: Initializer;
  /** Values of the shape, row-major. Throws ShapeError or ConfigError when the shape cannot have them. */
  sample(target: Target, options: Checked<P>): Float32Array;
}

export interface Initializer extends Instance<InitDefinition> {}

/** The tensor to be filled. */
export interface Target {
  readonly shape: Shape;
  readonly size: number;
  /** Inputs that one output sums over. Throws ShapeError for a tensor of fewer than two axes that no layer gave a fan. */
  readonly fanIn: number;
  /** Outputs that one input goes to; throws as fanIn does. */
  readonly fanOut: number;
  readonly seed: number;
  /** Which random stream of the seed: each parameter has its own. */
  readonly stream: number;
}

/** Declares an initializer. Its name is the one it is exported under in all.ts. */
export function defineInit<const P extends Params, const N extends string = never>(
  definition: InitDefinition<P> & { readonly positional?: N },
): InitDefinition<P> & { readonly positional: N } {
  return definition as InitDefinition<P> & { readonly positional: N };
}

export interface Fan {
  readonly fanIn: number;
  readonly fanOut: number;
}

/**
 * First values of a parameter. `fan` replaces what the shape says: a bias has the fan of its weight.
 * Throws ShapeError or ConfigError when the initializer does not fit the shape.
 */
export function sample(
  { type, options, definition }: Initializer,
  { shape, seed, stream, fan }: { shape: Shape; seed: number; stream: number; fan?: Fan | undefined },
): Float32Array {
  const fanOf = (): Fan => {
    if (fan) return fan;
    if (shape.length >= 2) return fans(shape);
    throw new ShapeError(
      `${type}: ${show(shape)} has no fan, which takes two axes; use init.uniform() or init.zeros()`,
    );
  };
  const target: Target = {
    shape,
    size: sizeOf(shape),
    get fanIn() {
      return fanOf().fanIn;
    },
    get fanOut() {
      return fanOf().fanOut;
    },
    seed,
    stream,
  };
  return definition.sample(target, options);
}

/**
 * Fans of a weight as torch.nn.init counts them: axis 1 (in) and axis 0 (out) times the receptive field.
 *
 *   linear [out, in], conv [out, in / groups, k...]  ->  fanIn = shape[1] k, fanOut = shape[0] k
 *
 * A transposed convolution's weight is [in, out / groups, k...], and torch does not look: its fanIn counts outputs.
 */
export function fans(shape: Shape): Fan {
  const [out = 1, into = 1, ...kernel] = shape;
  const field = sizeOf(kernel);
  return { fanIn: into * field, fanOut: out * field };
}
