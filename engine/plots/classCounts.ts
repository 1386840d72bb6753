import { encodeColumns } from "./columns.ts";
import { count as counted, percent } from "./format.ts";
import { definePlot } from "./plot.ts";

export interface ClassCountsState {
  readonly name: string;
  readonly classes: readonly string[];
  /** Examples of each class, by the parts' names. */
  readonly parts: readonly { readonly part: string; readonly counts: readonly number[] }[];
}

/** Classes beyond these are too many to be told apart; the smallest are shown then. */
const MOST = 60;

const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);

export const classCountsPlot = definePlot<ClassCountsState>({
  kind: "plot",
  summary: "Examples of each class in each part, as shares of the part.",

  title: ({ name, classes, parts }) => {
    const counts = parts[0]?.counts ?? [];
    const [least, most] = [counts.indexOf(Math.min(...counts)), counts.indexOf(Math.max(...counts))];
    const share = (c: number) => percent((counts[c] ?? 0) / Math.max(1, sum(counts)));
    const head = `${name}: ${counted(sum(counts), "training example")} of ${counted(classes.length, "class").replace("classs", "classes")}`;
    return counts[least] === counts[most]
      ? `${head}, equally many of each`
      : `${head}, from ${share(least)} (${classes[least]}) to ${share(most)} (${classes[most]})`;
  },

  text: ({ name, classes, parts }) =>
    `classes of ${name}: ${parts
      .map(
        ({ part, counts }) =>
          `${part} ${classes
            .slice(0, MOST)
            .map((c, i) => `${c} ${counts[i]}`)
            .join(", ")}`,
      )
      .join("; ")}`,

  spec: ({ classes, parts }) => ({
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    width: 560,
    height: { step: Math.max(10, 30 / Math.max(1, parts.length)) },
    data: { name: "counts" },
    mark: { type: "bar", opacity: 0.75 },
    encoding: {
      y: {
        field: "class",
        type: "nominal",
        title: null,
        sort: classes,
        axis: { labelLimit: 130, domain: false, ticks: false },
      },
      yOffset: { field: "part", sort: parts.map(({ part }) => part) },
      x: { field: "share", type: "quantitative", title: "share of the part", axis: { format: ".0%", tickCount: 6 } },
      color: {
        field: "part",
        type: "nominal",
        sort: parts.map(({ part }) => part),
        scale: { range: "category" },
        legend: parts.length > 1 ? { title: null, orient: "top", symbolType: "circle", symbolOpacity: 1 } : null,
      },
      tooltip: [
        { field: "class", type: "nominal" },
        { field: "part", type: "nominal" },
        { field: "count", type: "quantitative", title: "examples" },
        { field: "share", type: "quantitative", format: ".2%" },
      ],
    },
  }),

  datasets: ({ classes, parts }) => {
    const first = parts[0]?.counts ?? [];
    const shown = Array.from(classes.keys())
      .sort((a, b) => (first[a] as number) - (first[b] as number))
      .slice(0, MOST)
      .sort((a, b) => a - b);
    const rows = parts.flatMap(({ part, counts }) =>
      shown.map((c) => ({ part, c, count: counts[c] ?? 0, all: sum(counts) })),
    );
    return {
      counts: {
        class: { text: rows.map(({ c }) => classes[c] as string) },
        part: { text: rows.map(({ part }) => part) },
        ...encodeColumns({ count: rows.map((r) => r.count), share: rows.map((r) => r.count / Math.max(1, r.all)) }),
      },
    };
  },

  example: () => ({
    name: "animals",
    classes: ["bird", "cat", "dog"],
    parts: [
      { part: "train", counts: [60, 20, 120] },
      { part: "valid", counts: [12, 5, 23] },
    ],
  }),
});
