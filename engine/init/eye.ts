import { ShapeError } from "../errors/index.ts";
import { show } from "../tensor/index.ts";
import { defineInit } from "./definition.ts";

export const eye = defineInit({
  summary: "The identity matrix: 1 on the diagonal of a [rows, columns] tensor, 0 elsewhere.",
  params: {},
  sample: ({ shape, size }) => {
    const [rows = 0, columns = 0] = shape;
    if (shape.length !== 2) throw new ShapeError(`eye: ${show(shape)} is not a matrix`);
    const values = new Float32Array(size);
    for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = 1;
    return values;
  },
});
