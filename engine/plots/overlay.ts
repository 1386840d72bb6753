import type { Line } from "../compare/lines.ts";
import type { ChartHints, CompareView } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { count } from "./format.ts";
import { definePlot, type Spec } from "./plot.ts";

/** Curves of one figure over each other. */
export interface OverlayState {
  /** "loss", "learning rate". */
  readonly figure: string;
  readonly x: CompareView["x"];
  /** All groups in the order that decides their colours, hidden ones too. */
  readonly labels: readonly string[];
  readonly lines: readonly Line[];
  readonly verdict: string;
}

/** Shapes of groups along their lines, in order; a page's legend draws the same. */
export const SHAPES = [
  "circle",
  "square",
  "triangle-up",
  "diamond",
  "cross",
  "triangle-down",
  "triangle-right",
  "triangle-left",
];
/** Shapes along a line. */
const MARKS = 6;

const AXES = { step: "step", epoch: "epoch", time: "seconds, at an even pace" } as const;

/** Validation first: where both are shown it is the solid line. */
const partsOf = ({ lines }: OverlayState): Line["part"][] =>
  (["validation", "training"] as const).filter((part) => lines.some((line) => line.part === part));

export const overlayPlot = definePlot<OverlayState>({
  kind: "plot",
  summary:
    "One figure of several runs over each other: validation solid, training dashed, seeds as a band with its mean.",

  title: (state) => {
    const parts = partsOf(state);
    const shown = new Set(state.lines.map(({ label }) => label)).size;
    const all = state.labels.length;
    const how =
      parts.length > 1 ? `: ${parts[0]} solid, ${parts[1]} dashed` : parts.length === 1 ? `, ${parts[0]}` : "";
    return `${state.figure} of ${shown < all ? `${shown} of ` : ""}${count(all, "line")}${how}`;
  },

  text: ({ verdict, lines }) =>
    `${verdict}. ${count(lines.length, "line")}: ${lines.map(({ label, part }) => `${label} (${part})`).join(", ")}.`,

  spec: (state) => {
    const parts = partsOf(state);
    const hints: ChartHints = {
      log: ["curves"],
      link: { field: "group", param: "pointed" },
    };
    const axis = (field: string) => ({
      field,
      type: "quantitative",
      title: state.figure,
      scale: { type: "linear", zero: false },
      axis: { tickCount: 5 },
    });
    const colour = {
      field: "group",
      type: "nominal",
      scale: { domain: state.labels, range: "category" },
      legend: null,
    };
    const faded = (full: number) => ({
      condition: { test: "pointed === null || datum.group === pointed", value: full },
      value: full * 0.15,
    });
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints },
      name: "curves",
      width: 640,
      height: 280,
      params: [{ name: "pointed", value: null }],
      encoding: {
        x: {
          field: "x",
          type: "quantitative",
          title: AXES[state.x],
          scale: { zero: true, nice: false },
          axis: {
            labelExpr: "datum.value >= 10000 ? format(datum.value, '~s') : format(datum.value, ',~r')",
            tickCount: 8,
            ...(state.x === "step" ? { tickMinStep: 1 } : {}),
          },
        },
      },
      layer: [
        {
          data: { name: "bands" },
          mark: { type: "area" },
          encoding: { y: axis("low"), y2: { field: "high" }, color: colour, opacity: faded(0.18) },
        },
        {
          data: { name: "lines" },
          mark: { type: "line", strokeWidth: 2 },
          encoding: {
            y: axis("y"),
            color: colour,
            opacity: faded(1),
            detail: { field: "group", type: "nominal" },
            strokeDash: {
              field: "part",
              type: "nominal",
              scale: { domain: ["validation", "training"], range: parts.length > 1 ? SOLID_AND_DASHED : SOLID },
              legend: null,
            },
            tooltip: tooltip(state),
          },
        },
        {
          data: { name: "marks" },
          mark: { type: "point", filled: true, size: 44 },
          encoding: {
            y: axis("y"),
            color: colour,
            opacity: faded(1),
            shape: { field: "group", type: "nominal", scale: { domain: state.labels, range: SHAPES }, legend: null },
            tooltip: tooltip(state),
          },
        },
      ],
    };
  },

  datasets: ({ lines: ranked }) => {
    // the best is drawn last, over the others
    const lines = ranked.toReversed();
    const rows = lines.flatMap(({ label, part, x, y }) =>
      x.map((at, i) => ({ label, part, x: at, y: y[i] as number })),
    );
    const bands = lines.flatMap(({ label, part, x, low, high }) =>
      part === "validation" || !lines.some((other) => other.label === label && other.part === "validation")
        ? low.map((bottom, i) => ({ label, x: x[i] as number, low: bottom, high: high[i] as number }))
        : [],
    );
    const marks = lines.flatMap(({ label, part, x, y }) => {
      const places = Array.from({ length: MARKS }, (_, k) => Math.round((k * (x.length - 1)) / (MARKS - 1)));
      return [...new Set(places)].map((i) => ({ label, part, x: x[i] as number, y: y[i] as number }));
    });
    const table = (own: readonly { label: string; part: string; x: number; y: number }[]) => ({
      group: { text: own.map(({ label }) => label) },
      part: { text: own.map(({ part }) => part) },
      ...encodeColumns({ x: own.map((row) => row.x), y: own.map((row) => row.y) }),
    });
    return {
      lines: table(rows),
      marks: table(marks),
      bands: {
        group: { text: bands.map(({ label }) => label) },
        ...encodeColumns({
          x: bands.map((row) => row.x),
          low: bands.map((row) => row.low),
          high: bands.map((row) => row.high),
        }),
      },
    };
  },

  example: () => {
    const x = [10, 20, 30, 40];
    const line = (label: string, place: number, part: Line["part"], y: number[]): Line => ({
      label,
      place,
      part,
      x,
      y,
      low: part === "validation" ? y.map((v) => v - 0.05) : [],
      high: part === "validation" ? y.map((v) => v + 0.05) : [],
    });
    return {
      figure: "loss",
      x: "step",
      labels: ["adam", "sgd"],
      lines: [
        line("adam", 0, "validation", [2, 1, 0.5, 0.4]),
        line("adam", 0, "training", [2.1, 0.9, 0.4, 0.2]),
        line("sgd", 1, "validation", [2, 1.5, 1, 0.6]),
      ],
      verdict: "adam ends best: validation loss 0.40 against 0.60 of sgd",
    };
  },
});

const SOLID = [
  [1, 0],
  [1, 0],
];
const SOLID_AND_DASHED = [
  [1, 0],
  [5, 3],
];

const tooltip = ({ figure, x }: OverlayState): Spec[] => [
  { field: "group", type: "nominal", title: "runs" },
  { field: "part", type: "nominal", title: "examples" },
  { field: "x", type: "quantitative", title: AXES[x], format: ",.4~r" },
  { field: "y", type: "quantitative", title: figure, format: ".4~g" },
];
