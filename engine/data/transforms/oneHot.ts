import { DataError } from "../../errors/index.ts";
import { bool, choice } from "../../params/index.ts";
import { columnsParam } from "./columns.ts";
import { type Column, defineTransform, type Statistics } from "./definition.ts";
import { collectSeen, labelOf, placesOf, seenOf } from "./seen.ts";

/**
 * A column of k categories becomes k columns, 1 where an example is of the category and 0 elsewhere: brain, head, train -> e1, e2, e3.
 *
 * The categories are those of the training examples, a missing value one of them where it occurs. An example of another is 0
 * throughout, or an error (DataError) with `unknown: "error"`.
 */
export const oneHot = defineTransform({
  summary: "A column for each category of the training examples: 1 where an example is of it, 0 elsewhere.",
  paper: "Goodfellow, Bengio & Courville 2016, Deep Learning, section 5.1.4; scikit-learn's OneHotEncoder",
  params: {
    dropFirst: bool(false, "Leaves out each first category, which the others imply."),
    unknown: choice("zeros", ["zeros", "error"], "What a category becomes that no training example has."),
    columns: columnsParam,
  },
  of: "categories",
  anew: true,
  missing: true,
  collect: ({ columns }) => collectSeen(columns),
  apply: ({ count, width, data }, statistics, { dropFirst, unknown }) => {
    const places = Array.from({ length: width }, (_, c) => placesOf(statistics, c));
    const starts: number[] = [];
    let wide = 0;
    for (const { size } of places) {
      starts.push(wide);
      wide += size - Number(dropFirst);
    }
    const out = new Float64Array(count * wide);
    for (let r = 0; r < count; r++) {
      for (let c = 0; c < width; c++) {
        const place = places[c]?.get(data[r * width + c] as number);
        if (place === undefined && unknown === "error") {
          throw new DataError(
            `oneHot: chosen column ${c + 1} of ${width} has a category that no training example has; take unknown: "zeros"`,
          );
        }
        const at = (place ?? -1) - Number(dropFirst);
        if (at >= 0) out[r * wide + (starts[c] as number) + at] = 1;
      }
    }
    return { count, width: wide, data: out };
  },
  invert: ({ count, width: wide, data }, statistics, { dropFirst }) => {
    const seen = Array.from({ length: Object.keys(statistics).length }, (_, c) => seenOf(statistics, c));
    const out = new Float64Array(count * seen.length).fill(Number.NaN);
    for (let r = 0; r < count; r++) {
      let at = r * wide;
      for (const [c, values] of seen.entries()) {
        const own = Array.from({ length: values.length - Number(dropFirst) }, (_, k) => data[at + k] as number);
        const most = own.indexOf(Math.max(...own));
        const set = (own[most] ?? 0) > 0.5 ? most + Number(dropFirst) : dropFirst ? 0 : -1;
        if (set >= 0) out[r * seen.length + c] = values[set] as number;
        at += own.length;
      }
    }
    return { count, width: seen.length, data: out };
  },
  columns: (columns, statistics, { dropFirst }) =>
    columns.flatMap((column, c) => hotColumns(column, c, statistics, dropFirst)),
});

const hotColumns = (column: Column, c: number, statistics: Statistics, dropFirst: boolean): Column[] =>
  Array.from(seenOf(statistics, c).slice(Number(dropFirst)), (value) => ({
    name: `${column.name}=${labelOf(column, value)}`,
  }));
