import { ConfigError } from "../errors/index.ts";
import { Tensor } from "../ops/index.ts";
import { func, instance, isInstance, required, strict, value } from "../params/index.ts";
import * as all from "./all.ts";
import { defineLayer, type Layer } from "./definition.ts";

/** Layers by the name that their parameters get: `{ conv1: nn.conv2d(...) }` -> `conv1.weight`. */
export type Children = Readonly<Record<string, Layer>>;

/** A function of tensors: children are called like functions. */
export type Forward<C extends Children = Children> = (
  children: { readonly [K in keyof C]: (x: Tensor) => Tensor },
  x: Tensor,
) => Tensor;

const layers = value<Children, typeof required>(
  required,
  { type: "Record<string, Layer>", noun: "layers by name, as in { fc: nn.linear(10) }", accepts: isChildren },
  "Layers by name.",
);

const sequentialDefinition = defineLayer({
  summary: "Layers one after the other.",
  params: { layers },
  container: true,
  apply: (scope, x, options) =>
    Object.entries(options.layers).reduce((y, [name, layer]) => scope.child(name, layer)(y), x),
});

const moduleDefinition = defineLayer({
  summary: "A function of tensors, traced once; its layers are called like functions.",
  params: {
    layers,
    forward: func<Forward, typeof required>(required, "(layers, x) => Tensor", "The output from the layers and x."),
  },
  container: true,
  apply: (scope, x, options) => {
    const children = Object.entries(options.layers).map(([name, layer]) => [name, scope.child(name, layer)] as const);
    const y: unknown = options.forward(strict("layer", Object.fromEntries(children)), x);
    if (y instanceof Tensor) return y;
    throw new ConfigError(`module: the function returned ${y === undefined ? "nothing" : typeof y}, not a tensor`);
  },
});

const containers = { sequential: sequentialDefinition, module: moduleDefinition };

/**
 * Layers one after the other. A list names them "0", "1", ...; an object gives the names.
 * Throws ConfigError for what is not a layer.
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
 */
export function module<C extends Children>(children: C, forward: Forward<C>): Layer {
  return instance("module", moduleDefinition, { layers: checkChildren("module", children), forward });
}

export const isLayer = (given: unknown): given is Layer => isInstance(all, given) || isInstance(containers, given);

function isChildren(given: unknown): boolean {
  return typeof given === "object" && given !== null && Object.values(given).every(isLayer);
}

function checkChildren<C extends Children>(where: string, children: C): C {
  if (typeof children !== "object" || children === null) {
    throw new ConfigError(`${where}: takes layers, such as nn.linear(10), not ${String(children)}`);
  }
  for (const [name, layer] of Object.entries(children)) {
    if (name === "" || name.includes("."))
      throw new ConfigError(`${where}: layer name "${name}" is empty or has a dot`);
    if (isLayer(layer)) continue;
    const what = typeof layer === "function" ? "a function; call it, as in nn.relu()" : String(layer);
    throw new ConfigError(`${where}: layer "${name}" is ${what}${typeof layer === "function" ? "" : ", not a layer"}`);
  }
  return children;
}
