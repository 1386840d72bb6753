import { columnsParam } from "./columns.ts";
import { defineTransform } from "./definition.ts";
import { collectSeen, labelOf, placesOf, seenOf, UNKNOWN } from "./seen.ts";

/**
 * Categories become whole numbers for nn.embedding: 0 is any that no training example has, 1, 2, ... are those of the training
 * examples in their order, a missing value the last where one is among them.
 */
export const encode = defineTransform({
  summary: "Categories as the whole numbers of those that training examples have; 0 is for all others.",
  paper: "Guo & Berkhahn 2016, arXiv:1604.06737, section 3; scikit-learn's OrdinalEncoder",
  params: { columns: columnsParam },
  of: "categories",
  missing: true,
  collect: ({ columns }) => collectSeen(columns),
  apply: ({ count, width, data }, statistics) => {
    const places = Array.from({ length: width }, (_, c) => placesOf(statistics, c));
    const number = (x: number, c: number) => (places[c]?.get(x) ?? -1) + 1;
    return {
      count,
      width,
      data: Float64Array.from({ length: count * width }, (_, i) => number(data[i] as number, i % width)),
    };
  },
  columns: (columns, statistics) =>
    columns.map((column, c) => ({
      name: column.name,
      categories: [UNKNOWN, ...Array.from(seenOf(statistics, c), (value) => labelOf(column, value))],
    })),
});
