import { ConfigError, didYouMean } from "../errors/index.ts";
import { instance, type Options, show } from "../params/index.ts";
import * as all from "./all.ts";
import type { SurfaceDefinition } from "./definition.ts";
import { Surface } from "./surface.ts";

export type SurfaceName = keyof typeof all;

/** A surface by name: `toy.surface("ravine", { condition: 30 })`. Throws ConfigError for another name or option. */
export function surface<N extends SurfaceName>(
  name: N,
  options: Options<(typeof all)[N]["params"]> = {} as never,
): Surface {
  const definition = (all as Readonly<Record<string, SurfaceDefinition>>)[name];
  if (!definition) {
    const names = Object.keys(all);
    const given = typeof name === "string" ? `"${name}"${didYouMean(name, names)}` : show(name);
    throw new ConfigError(`no surface ${given}`, {
      fault: { kind: "choice", where: "surface", option: "name", names },
    });
  }
  return new Surface(instance(name, definition, options));
}
