import { encodeColumns } from "./columns.ts";
import { count as counted, percent } from "./format.ts";
import { definePlot } from "./plot.ts";

export interface TranslationState {
  readonly name: string;
  readonly part: string;
  /** In ascending order. */
  readonly byLength: readonly { readonly length: number; readonly count: number; readonly right: number }[];
}

/** A share less than this below that of the shortest sources is no fall worth a title. */
const FALL = 0.1;

export const translationPlot = definePlot<TranslationState>({
  kind: "plot",
  summary: "Sequences written without a mistake, by the length of what was read.",

  title: ({ byLength }) => {
    const [first, last] = [byLength[0], byLength.at(-1)];
    if (!first || !last) return "Nothing was translated";
    const [short, long] = [first.right / first.count, last.right / last.count];
    const ends = `${percent(short)} right at length ${first.length}, ${percent(long)} at ${last.length}`;
    return short - long > FALL ? `Longer sequences come out worse: ${ends}` : `Length does not matter much: ${ends}`;
  },

  text: ({ name, part, byLength }) => {
    const all = byLength.reduce((n, { count }) => n + count, 0);
    const right = byLength.reduce((n, { right }) => n + right, 0);
    const lengths = byLength.map(({ length, count, right }) => `${length}: ${percent(right / count)}`).join(", ");
    return `${name} on ${counted(all, `${part} sequence`)}: ${percent(right / all)} without a mistake; by length ${lengths}`;
  },

  spec: () => ({
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    width: 520,
    height: 200,
    data: { name: "lengths" },
    mark: { type: "bar", width: { band: 0.7 } },
    encoding: {
      x: { field: "length", type: "ordinal", title: "length of the source", axis: { labelAngle: 0 } },
      y: {
        field: "share",
        type: "quantitative",
        title: "without a mistake",
        scale: { domain: [0, 1] },
        axis: { format: "%" },
      },
      color: { datum: "right", scale: { range: "category" }, legend: null },
      tooltip: [
        { field: "length", title: "length" },
        { field: "share", type: "quantitative", title: "without a mistake", format: ".1%" },
        { field: "count", title: "sequences" },
      ],
    },
  }),

  datasets: ({ byLength }) => ({
    lengths: encodeColumns({
      length: byLength.map(({ length }) => length),
      share: byLength.map(({ count, right }) => right / count),
      count: byLength.map(({ count }) => count),
    }),
  }),

  example: () => ({
    name: "example",
    part: "validation",
    byLength: [
      { length: 2, count: 10, right: 10 },
      { length: 4, count: 12, right: 9 },
      { length: 8, count: 9, right: 2 },
    ],
  }),
});
