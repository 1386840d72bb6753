import { ConfigError } from "../errors/index.ts";
import { type Param, required, value } from "../params/index.ts";
import { isLayer, type Layer } from "./definition.ts";

/** Layers by the name that their parameters get: `{ conv1: nn.conv2d(...) }` -> `conv1.weight`. */
export type Children = Readonly<Record<string, Layer>>;

const noun = "layers by name, as in { fc: nn.linear(10) }";

/** The option of a container that holds others by name. */
export const layers = value<Children, typeof required>(
  required,
  { type: "Record<string, Layer>", noun, accepts: isChildren },
  "Layers by name.",
);

/** As `layers`, where a list names them "0", "1", ... */
export const listedLayers: Param<Children, "value", true, Children | readonly Layer[]> = {
  ...value<Children, typeof required>(
    required,
    { type: "", noun, accepts: isChildren },
    "Layers, by name or as a list.",
  ),
  type: "readonly Layer[] | Record<string, Layer>",
  read: (given, where) =>
    checkChildren(where, Array.isArray(given) ? Object.fromEntries(given.entries()) : (given as Children)),
};

const one = { type: "Layer", noun: "a layer, such as nn.linear(10)", accepts: isLayer };

/** The option of a container that holds one layer. */
export const oneLayer = (doc: string) => value<Layer, typeof required>(required, one, doc);

/** As `oneLayer`, with a default. */
export const layerOr = (initial: Layer, doc: string) => value<Layer, Layer>(initial, one, doc);

function isChildren(given: unknown): boolean {
  return typeof given === "object" && given !== null && Object.values(given).every(isLayer);
}

/** The layers that are given. Throws ConfigError for one that is none, and for a name that parameters cannot have. */
export function checkChildren<C extends Children>(where: string, children: C): C {
  if (typeof children !== "object" || children === null) {
    throw new ConfigError(`${where}: takes layers, such as nn.linear(10), not ${String(children)}`);
  }
  for (const [name, layer] of Object.entries(children)) {
    if (name === "" || name.includes("."))
      throw new ConfigError(`${where}: layer name "${name}" is empty or has a dot`);
    if (isLayer(layer)) continue;
    const what = typeof layer === "function" ? "a function; call it, as in nn.relu()" : String(layer);
    throw new ConfigError(`${where}: layer "${name}" is ${what}${typeof layer === "function" ? "" : ", not a layer"}`, {
      fault: { kind: "type", where, option: name },
    });
  }
  return children;
}
