import { Dataset } from "../data/index.ts";
import type { Features } from "../diagnostics/features/features.ts";
import type { Columns } from "../protocol/index.ts";
import { HostTensor } from "../tensor/index.ts";
import { encodeColumns } from "./columns.ts";
import { significant } from "./format.ts";
import { definePlot, type Spec } from "./plot.ts";

export interface FeaturesState extends Features {
  /** The rows that were looked at. */
  readonly set: Dataset;
  /** Class by row; null for regression. */
  readonly predicted: readonly number[] | null;
}

/** Names of classes this short are drawn as the points themselves. */
const SHORT = 3;
/** Classes beyond these share the colours of the first. */
const MOST_COLOURS = 8;

export const featuresPlot = definePlot<FeaturesState>({
  kind: "plot",
  summary: "A layer's outputs in the plane of their two first principal components.",

  title: ({ layer, nearestMean, explained }) => {
    const held = `the plane holds ${significant(100 * (explained[0] + explained[1]))} % of the variance`;
    if (nearestMean === null) return `Outputs of ${layer}: ${held}`;
    return `After ${layer}, ${significant(100 * nearestMean)} % of the examples lie nearest to their class's mean; ${held}`;
  },

  text: ({ layer, part, rows, explained, nearestMean, set }) => {
    const shares = explained.map((share) => `${significant(100 * share)} %`).join(" and ");
    const apart =
      nearestMean === null ? "" : `; ${significant(100 * nearestMean)} % lie nearest to the mean of their class`;
    return `${rows.length} ${part} examples${set.classes ? ` of ${set.classes.length} classes` : ""} as layer ${layer} sees them, along the two directions of most variance (${shares})${apart}`;
  },

  spec: ({ set, explained, predicted }) => {
    const axis = (field: string, i: 0 | 1): Spec => ({
      field,
      type: "quantitative",
      title: `${["first", "second"][i]} principal component (${significant(100 * explained[i])} % of the variance)`,
      scale: { zero: false, nice: true },
    });
    const tooltip = [
      { field: "row", title: "row" },
      { field: "label", title: set.classes ? "class" : "target" },
      ...(predicted ? [{ field: "predicted", title: "predicted" }] : []),
    ];
    const encoding = { x: axis("first", 0), y: axis("second", 1) };
    const names = set.classes?.every((name) => name.length <= SHORT);
    const color = set.classes
      ? {
          field: "class",
          type: "nominal",
          sort: set.classes,
          scale: { range: "category" },
          legend: names ? null : { title: null, orient: "top", symbolType: "circle", symbolOpacity: 1 },
        }
      : { field: "value", type: "quantitative", scale: { range: "ramp" }, legend: { title: "target" } };
    const shape =
      set.classes && set.classes.length <= MOST_COLOURS && !names
        ? { shape: { field: "class", type: "nominal", sort: set.classes, legend: null } }
        : {};
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      width: 600,
      height: 420,
      data: { name: "points" },
      layer: [
        {
          transform: [{ filter: "datum.wrong > 0" }],
          mark: { type: "point", size: 160, strokeWidth: 1.5, filled: false },
          encoding,
        },
        names
          ? {
              mark: { type: "text" },
              encoding: { ...encoding, text: { field: "label" }, color, tooltip },
            }
          : {
              mark: { type: "point", filled: true, size: 45, opacity: 0.8 },
              encoding: { ...encoding, color, ...shape, tooltip },
            },
      ],
    };
  },

  datasets: (state) => ({ points: points(state) }),

  example: () => {
    const y = Int32Array.from({ length: 30 }, (_, i) => i % 3);
    const data = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i));
    const set = new Dataset({
      name: "example",
      x: new HostTensor([30, 2], "f32", data),
      y: new HostTensor([30], "i32", y),
      task: "classification",
      featureNames: ["a", "b"],
      classes: ["0", "1", "2"],
    });
    return {
      layer: "3",
      part: "validation",
      rows: Array.from(y.keys()),
      first: Float64Array.from(y, (c, i) => 3 * c + Math.sin(i)),
      second: Float64Array.from(y, (c, i) => c * c - Math.cos(i)),
      explained: [0.6, 0.25],
      nearestMean: 0.97,
      set,
      predicted: Array.from(y, (c, i) => (i === 7 ? (c + 1) % 3 : c)),
    };
  },
});

function points({ first, second, rows, set, predicted }: FeaturesState): Columns {
  const { classes, y } = set;
  const nameOf = (label: number): string => classes?.[label] ?? significant(label);
  const value = (i: number) => y.data[i * (y.size / set.size)] as number;
  const wrong = rows.map((_, i) => Number(predicted !== null && predicted.length > 0 && predicted[i] !== value(i)));
  return {
    ...encodeColumns({ first, second, row: rows, wrong, value: rows.map((_, i) => value(i)) }),
    label: { text: rows.map((_, i) => nameOf(value(i))) },
    class: { text: rows.map((_, i) => (classes ? (classes[value(i) % classes.length] as string) : "")) },
    predicted: { text: rows.map((_, i) => (predicted?.length ? nameOf(predicted[i] as number) : "")) },
  };
}
