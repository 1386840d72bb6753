import type { Confusion } from "../metrics/exact/index.ts";
import { encodeColumns } from "./columns.ts";
import { count as counted, percent } from "./format.ts";
import { definePlot, type Spec } from "./plot.ts";

export interface ConfusionState {
  /** Name of the run. */
  readonly name: string;
  /** "validation": what was evaluated. */
  readonly part: string;
  readonly classes: readonly string[];
  /** matrix[true][predicted]. */
  readonly matrix: Confusion;
  readonly accuracy: number;
  /** The most frequent confusion first. */
  readonly pairs: readonly { truth: string; predicted: string; count: number; share: number }[];
}

/** Up to so many classes every cell has its number. */
const MOST_NUMBERS = 20;
/** The chart with its axis is 600 pixels wide; cells of few classes need not fill that. */
const SIZE = 520;
const MOST_CELL = 44;
/** Strongest tint of a cell, so that its number stays readable in the text's colour. */
const TINT = 0.55;

export const confusionPlot = definePlot<ConfusionState>({
  kind: "plot",
  summary: "True against predicted classes, counted.",

  title: ({ part, accuracy, pairs, matrix }) => {
    const examples = matrix.flat().reduce((a, b) => a + b, 0);
    const head = `${percent(accuracy)} of ${counted(examples, `${part} example`)} right`;
    const [worst, second] = pairs;
    if (!worst) return `${head}: no confusion`;
    const pair = (p: typeof worst) => `${shortened(p.truth)} for ${shortened(p.predicted)} (${p.count})`;
    return `${head}; most often mistaken: ${pair(worst)}${second && second.count > 1 ? `, ${pair(second)}` : ""}`;
  },

  text: ({ name, part, classes, accuracy, pairs }) => {
    const worst = pairs
      .slice(0, 5)
      .map((p) => `${p.truth} taken for ${p.predicted} ${p.count} times (${percent(p.share)} of its examples)`);
    return `confusion matrix of ${name} on ${part} data, ${classes.length} classes: ${percent(accuracy)} right; ${worst.join("; ") || "no confusion"}`;
  },

  spec: ({ classes, matrix }) => {
    const cell = Math.min(MOST_CELL, SIZE / classes.length);
    const size = Math.round(cell * classes.length);
    const most = Math.max(1e-9, ...matrix.flatMap((row, t) => shares(row).filter((_, p) => p !== t)));
    const axis = { labelLimit: 90, labelOverlap: classes.length > MOST_NUMBERS, domain: false, ticks: false };
    const place = (field: string, title: string, extra: Spec = {}) => ({
      field,
      type: "nominal",
      title,
      sort: classes,
      scale: { domain: classes, paddingInner: classes.length > MOST_NUMBERS ? 0 : 0.04 },
      axis: { ...axis, ...extra },
    });
    const tooltip = [
      { field: "truth", type: "nominal", title: "true" },
      { field: "predicted", type: "nominal", title: "predicted" },
      { field: "count", type: "quantitative", title: "examples" },
      { field: "share", type: "quantitative", title: "of the true class", format: ".1%" },
    ];
    const tint = (right: boolean, domain: number) => ({
      transform: [{ filter: right ? "datum.truth === datum.predicted" : "datum.truth !== datum.predicted" }],
      mark: { type: "rect" },
      encoding: {
        color: {
          datum: right ? "right" : "wrong",
          scale: { domain: ["right", "wrong"], range: "category" },
          legend: { title: null, orient: "top", symbolType: "square" },
        },
        opacity: {
          field: "share",
          type: "quantitative",
          scale: { type: "sqrt", domain: [0, domain], range: [0, TINT], clamp: true },
          legend: null,
        },
        tooltip,
      },
    });
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      width: size,
      height: size,
      data: { name: "cells" },
      encoding: {
        x: place("predicted", "predicted", { labelAngle: widest(classes) * 7 > cell ? -45 : 0 }),
        y: place("truth", "true"),
      },
      resolve: { scale: { opacity: "independent" } },
      layer: [
        tint(true, 1),
        // what is wrong is rare: its colours end at the worst cell
        tint(false, most),
        ...(classes.length <= MOST_NUMBERS
          ? [
              {
                transform: [{ filter: "datum.count > 0" }],
                mark: { type: "text" },
                encoding: { text: { field: "count", type: "quantitative", format: "," }, tooltip },
              },
            ]
          : []),
      ],
    };
  },

  datasets: ({ classes, matrix }) => {
    // of many classes most cells are empty and show nothing
    const cells = matrix.flatMap((row, t) => {
      const share = shares(row);
      return row.flatMap((count, p) =>
        count > 0 || t === p || classes.length <= MOST_NUMBERS ? [{ t, p, count, share: share[p] as number }] : [],
      );
    });
    return {
      cells: {
        truth: { text: cells.map(({ t }) => classes[t] as string) },
        predicted: { text: cells.map(({ p }) => classes[p] as string) },
        ...encodeColumns({ count: cells.map((c) => c.count), share: cells.map((c) => c.share) }),
      },
    };
  },

  example: () => ({
    name: "example",
    part: "validation",
    classes: ["cat", "dog", "fox"],
    matrix: [
      [18, 2, 0],
      [1, 19, 0],
      [0, 4, 16],
    ],
    accuracy: 53 / 60,
    pairs: [
      { truth: "fox", predicted: "dog", count: 4, share: 0.2 },
      { truth: "cat", predicted: "dog", count: 2, share: 0.1 },
      { truth: "dog", predicted: "cat", count: 1, share: 0.05 },
    ],
  }),
});

function shares(row: readonly number[]): number[] {
  const support = row.reduce((a, b) => a + b, 0);
  return row.map((count) => (support === 0 ? 0 : count / support));
}

const shortened = (name: string): string => (name.length > 16 ? `${name.slice(0, 15)}…` : name);

const widest = (names: readonly string[]): number => Math.max(...names.map((name) => name.length));
