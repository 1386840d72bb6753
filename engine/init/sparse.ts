import { ShapeError } from "../errors/index.ts";
import { num, required } from "../params/index.ts";
import { words } from "../random/index.ts";
import { show } from "../tensor/index.ts";
import { defineInit } from "./definition.ts";
import { drawNormal } from "./draw.ts";

export const sparse = defineInit({
  summary: "N(0, std^2) with ceil(sparsity * rows) zeros in every column of a matrix.",
  paper: "Martens 2010, ICML, section 5",
  params: {
    sparsity: num(required, "[0, 1]", "Fraction of each column that is zero."),
    std: num(0.01, "[0, inf)", "Standard deviation of the rest."),
  },
  positional: "sparsity",
  sample: (target, { sparsity, std }) => {
    const [rows = 0, columns = 0] = target.shape;
    if (target.shape.length !== 2) throw new ShapeError(`sparse: ${show(target.shape)} is not a matrix`);
    const values = drawNormal(target, 0, std);
    const zeros = Math.ceil(sparsity * rows);
    // step 1 of the stream: step 0 gave the numbers
    const keys = words(target.seed, target.stream, 1, target.size);
    for (let column = 0; column < columns; column++) {
      const key = (row: number) => keys[row * columns + column] as number;
      const order = Array.from({ length: rows }, (_, row) => row).sort((a, b) => key(a) - key(b));
      for (const row of order.slice(0, zeros)) values[row * columns + column] = 0;
    }
    return values;
  },
});
