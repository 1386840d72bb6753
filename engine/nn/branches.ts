import { ConfigError } from "../errors/index.ts";
import { add, concat, mul } from "../ops/index.ts";
import { choice, int } from "../params/index.ts";
import { listedLayers } from "./children.ts";
import { defineLayer } from "./definition.ts";

/** The outputs of several layers of one input, joined. Sums and products broadcast. */
export const branches = defineLayer({
  summary: "Several layers of the same input side by side, their outputs one after the other, added or multiplied.",
  paper: "Szegedy et al. 2015, arXiv:1409.4842, figure 2; product: Hu, Shen & Sun 2018, arXiv:1709.01507, equation 4",
  params: {
    layers: listedLayers,
    join: choice("concat", ["concat", "sum", "product"], "How the outputs become one."),
    dim: int(1, "(-inf, inf)", "The axis along which concat lays them; negative ones count from the end."),
  },
  positional: "layers",
  container: true,
  validate: ({ layers }) => {
    if (Object.keys(layers).length === 0) throw new ConfigError("branches: takes at least one layer");
  },
  apply: (scope, x, { layers, join, dim }) => {
    const parts = Object.entries(layers).map(([name, layer]) => scope.child(name, layer)(x));
    if (join === "concat") return concat(parts, dim);
    return parts.reduce((y, part) => (join === "sum" ? add(y, part) : mul(y, part)));
  },
});
