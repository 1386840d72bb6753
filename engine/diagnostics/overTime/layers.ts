import { ConfigError } from "../../errors/index.ts";
import { labelOf } from "../../plots/overTime/parts.ts";
import { evenly, type LayerLooks } from "../../session/instruments/index.ts";

/** The layers of these paths, or at most `most` of all, evenly. Throws ConfigError for a path that there is not. */
export function chosenLayers(
  where: string,
  all: readonly LayerLooks[],
  paths: readonly string[] | null,
  most: number,
): readonly LayerLooks[] {
  if (paths === null) return evenly(all, most);
  return paths.map((path) => {
    const found = all.find((layer) => layer.path === path || labelOf(layer) === path);
    if (found) return found;
    const known = all.slice(0, 12).map((layer) => `"${layer.path}"`);
    throw new ConfigError(
      `${where}: there is no layer "${path}"; there are ${known.join(", ")}${all.length > 12 ? " ..." : ""}`,
    );
  });
}
