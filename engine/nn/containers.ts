import { ConfigError } from "../errors/index.ts";
import { Tensor } from "../ops/index.ts";
import { func, instance, required, show, strict, value } from "../params/index.ts";
import { type Children, checkChildren, layers } from "./children.ts";
import { type CallOf, defineLayer, isLayer, type Layer, type Named, type Results } from "./definition.ts";

/** For a parameter that is another, the name of that: `{ "head.weight": "tokens.weight" }`. */
export type Ties = Readonly<Record<string, string>>;

/**
 * A function of tensors: children are called like functions. Where the module itself is called with further tensors they
 * come as `inputs`; it may give further results beside its output y.
 */
export type Forward<C extends Children = Children> = (
  children: { readonly [K in keyof C]: CallOf<C[K]> },
  x: Tensor,
  inputs: Named,
) => Tensor | Results;

const tied = value<Ties>(
  {},
  {
    type: "Record<string, string>",
    noun: 'names of parameters, as in { "head.weight": "tokens.weight" }',
    accepts: isTies,
  },
  "Parameters that are others: see nn.tied.",
);

const sequentialDefinition = defineLayer({
  summary: "Layers one after the other.",
  params: { layers, tied },
  container: true,
  apply: (scope, x, options) => {
    for (const [name, of] of Object.entries(options.tied)) scope.tie(name, of);
    return Object.entries(options.layers).reduce((y, [name, layer]) => scope.child(name, layer)(y), x);
  },
});

const moduleDefinition = defineLayer({
  summary: "A function of tensors, traced once; its layers are called like functions.",
  params: {
    layers,
    tied,
    forward: func<Forward, typeof required>(
      required,
      "(layers, x, inputs) => Tensor | { y: Tensor, ... }",
      "The output from the layers and x, alone or as y beside further results.",
    ),
  },
  container: true,
  inputs: "any",
  apply: (scope, x, options, inputs) => {
    for (const [name, of] of Object.entries(options.tied)) scope.tie(name, of);
    const children = Object.entries(options.layers).map(([name, layer]) => [name, scope.child(name, layer)] as const);
    const made: unknown = options.forward(
      strict("layer", Object.fromEntries(children)),
      x,
      strict("input", { ...inputs } as Named),
    );
    if (made instanceof Tensor || isResults(made)) return made;
    const what = made === undefined ? "nothing" : show(made);
    throw new ConfigError(`module: the function returned ${what}, not a tensor or { y: a tensor, ... }`);
  },
});

const isResults = (given: unknown): given is Results =>
  typeof given === "object" && given !== null && "y" in given && Object.values(given).every((t) => t instanceof Tensor);

const containers = { sequential: sequentialDefinition, module: moduleDefinition };

/**
 * Layers one after the other. A list names them "0", "1", ...; an object gives the names.
 * Throws ConfigError for what is not a layer.
 *
 * @example nn.sequential(nn.linear(16), nn.relu(), nn.linear(2))
 */
export function sequential(...given: readonly Layer[] | readonly [Children]): Layer {
  const [first] = given;
  const byName = given.length === 1 && typeof first === "object" && first !== null && !isLayer(first);
  const named = byName ? (first as Children) : Object.fromEntries(given.map((layer, i) => [i, layer as Layer]));
  return instance("sequential", sequentialDefinition, { layers: checkChildren("sequential", named) });
}

/**
 * A layer from a function of tensors, traced once:
 *
 *   const residual = (inner: Layer) => nn.module({ inner }, ({ inner }, x) => x.add(inner(x)));
 *
 * @example nn.module({ inner: nn.linear(8) }, ({ inner }, x) => x.add(inner(x).relu()))
 */
export function module<C extends Children>(children: C, forward: Forward<C>): Layer {
  return instance("module", moduleDefinition, { layers: checkChildren("module", children), forward });
}

/**
 * A container in which some parameters are others: a model whose scores use the table that its tokens are read from is
 *
 *   nn.tied(nn.sequential({ tokens: nn.embedding(100, { embeddingDim: 64 }), ..., head: nn.linear(100, { bias: false }) }),
 *     { "head.weight": "tokens.weight" })
 *
 * The one on the right is kept, trained and saved; its first use gives the first values. Throws ConfigError for what is no
 * container, and when the model is sized for a name that is not there; ShapeError where the two differ in shape.
 * Press & Wolf 2017, arXiv:1608.05859.
 *
 * @example nn.tied(nn.sequential({ a: nn.linear(8), b: nn.linear(8) }), { "b.weight": "a.weight" })
 */
export function tiedLayer(layer: Layer, ties: Ties): Layer {
  const { type, definition, options } = layer ?? {};
  if (!Object.values<unknown>(containers).includes(definition)) {
    throw new ConfigError(`tied: takes nn.sequential(...) or nn.module(...), not ${show(layer)}`);
  }
  return instance(type, definition, { ...options, tied: { ...(options.tied as Ties), ...ties } });
}

function isTies(given: unknown): boolean {
  return typeof given === "object" && given !== null && Object.values(given).every((of) => typeof of === "string");
}
