import type { Tensor } from "../ops/index.ts";
import type { Checked, Definition, Instance, Params } from "../params/index.ts";
import type { Scope } from "./scope.ts";

/** Tensors by name. */
export type Named<K extends string = string> = { readonly [N in K]: Tensor };

/** What a layer gives: its output y, and further results by name. */
export type Results<R extends string = string> = { readonly y: Tensor } & Named<R>;

/** A layer: how its output comes from its input. It holds no numbers; sizes are taken from the input. */
export interface LayerDefinition<P extends Params = Params, I extends string = string, R extends string = string>
  extends Definition<P> {
  /** Never set: what it makes. */
  readonly made?: Layer<I, R>;
  /**
   * Traced once for each use. `inputs` are the further tensors that this use is given, of those that `inputs` below names.
   * A layer with `results` gives them all, beside its output y. Throws ShapeError when an input does not fit.
   */
  apply(scope: Scope, x: Tensor, options: Checked<P>, inputs: Partial<Named<NoInfer<I>>>): Tensor | Results<NoInfer<R>>;
  /** Further tensors that it can be given within a module, `layer(x, { name })`: what each is. "any": all that it is given. */
  readonly inputs?: Readonly<Record<I, string>> | "any";
  /** What `layer.results(x)` gives within a module beside the output y: what each is. */
  readonly results?: Readonly<Record<R, string>>;
  /** Of a layer over tokens: how many there are. The data's are held against it before training. */
  tokens?(options: Checked<P>): number;
  /** Made of other layers. */
  readonly container?: true;
}

/** A layer with its options: `{ type: "linear", options: { outFeatures: 10, ... } }`. */
export interface Layer<I extends string = string, R extends string = string>
  extends Instance<LayerDefinition<Params, I, R>> {}

const declared = new WeakSet<object>();

/** Whether something is a layer: an instance of what `defineLayer` declared. */
export const isLayer = (given: unknown): given is Layer => {
  const { type, definition } = (given ?? {}) as Partial<Layer>;
  return typeof type === "string" && definition !== undefined && declared.has(definition);
};

/** Declares a layer. Its name is the one it is exported under in all.ts. */
export function defineLayer<
  const P extends Params,
  const N extends string = never,
  const I extends string = never,
  const R extends string = never,
>(
  definition: LayerDefinition<P, I, R> & { readonly positional?: N },
): LayerDefinition<P, I, R> & { readonly positional: N } {
  declared.add(definition);
  return definition as LayerDefinition<P, I, R> & { readonly positional: N };
}

/** A layer within a module, as a function of tensors. */
export interface Call<I extends string = string, R extends string = string> {
  /** Its output. Further tensors go by name: `attention(q, { key: k, value: v })`. */
  (x: Tensor, inputs?: Partial<Named<I>>): Tensor;
  /** All that it gives: `const { y, h, c } = lstm.results(x)`. */
  results(x: Tensor, inputs?: Partial<Named<I>>): Results<R>;
}

/** The function that a layer is within a module. */
export type CallOf<L extends Layer> = L extends { readonly definition: LayerDefinition<infer _P, infer I, infer R> }
  ? Call<I, R>
  : Call;
