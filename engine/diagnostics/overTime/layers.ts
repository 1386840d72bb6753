import { ConfigError } from "../../errors/index.ts";
import { labelOf } from "../../plots/overTime/parts.ts";
import { evenly, type LayerLooks } from "../../session/instruments/index.ts";

/** Layers that only hand on what they get, or drop a part of it. */
const HANDING_ON = /dropout|^(flatten|identity)$/i;

/** Layers whose outputs are seen at others, or at their inputs: left out where there are too many. */
const BEFORE = /^(linear|batchNorm|groupNorm|instanceNorm)$|^conv|Pool\dd$/;

/**
 * The layers of these paths, or at most `most`, evenly: of a large network its activations and its end.
 * Throws ConfigError for a path that there is not. */
export function chosenLayers(
  where: string,
  all: readonly LayerLooks[],
  paths: readonly string[] | null,
  most: number,
): readonly LayerLooks[] {
  if (paths === null) {
    const working = all.filter(({ type }) => !HANDING_ON.test(type));
    const activations = working.filter(({ type }, i) => !BEFORE.test(type) || i === working.length - 1);
    return evenly(working.length <= most || activations.length < 2 ? working : activations, most);
  }
  return paths.map((path) => {
    const found = all.find((layer) => layer.path === path || labelOf(layer) === path);
    if (found) return found;
    const known = all.slice(0, 12).map((layer) => `"${layer.path}"`);
    throw new ConfigError(
      `${where}: there is no layer "${path}"; there are ${known.join(", ")}${all.length > 12 ? " ..." : ""}`,
    );
  });
}
