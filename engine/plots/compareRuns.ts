import { type Band, type Compared, type Comparison, spreadOf, verdictOf } from "../compare/index.ts";
import type { ChartHints, Columns } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { count as counted, significant } from "./format.ts";
import { definePlot, type Spec } from "./plot.ts";

/** Groups with a colour of their own: the best; the others are drawn faintly. */
const MOST_NAMED = 6;
const OTHERS = "others";
/** Runs that are drawn by themselves, faintly, over their band: more would be a band again. */
const MOST_RUNS = 16;
/** Beside it names stand in the strip. */
const WIDTH = 540;

const shortened = (label: string): string => (label.length > 32 ? `${label.slice(0, 31)}…` : label);

const named = ({ groups }: Comparison): string[] => groups.slice(0, MOST_NAMED).map(({ label }) => shortened(label));

/** Solid first: what counts is measured on examples that were not trained on. */
const PARTS = ["validation", "train"] as const;

/** Figures that have something to show: the loss, and what the runs are ranked by. */
const panelsOf = (state: Comparison): string[] =>
  [...new Set(["loss", state.figure.key])].filter((key) => partsOf(state, key).length > 0);

/** Parts of the data that a figure is known of at more than one step. */
const partsOf = ({ groups }: Comparison, key: string): (typeof PARTS)[number][] =>
  PARTS.filter((part) => groups.some(({ bands }) => (bands[`${part} ${key}`]?.step.length ?? 0) > 1));

/** A comparison, and while they train the run by which all of them are changed. */
export interface ComparedLive extends Comparison {
  readonly run?: string;
}

export const compareRunsPlot = definePlot<ComparedLive>({
  kind: "plot",
  summary: "Losses and a metric of several runs over each other, seeds as bands, and what each ended with.",

  title: (state) => verdictOf(state).replace("too few seeds to tell it from chance", "too few seeds to be sure"),

  text: (state) =>
    `${verdictOf(state)}; final ${state.figure.name}: ${state.groups
      .slice(0, 12)
      .map((g) => {
        const spread =
          g.finals.length > 1
            ? ` (${significant(g.low)} to ${significant(g.high)}, ${counted(g.finals.length, "run")})`
            : "";
        return `${g.label} ${spreadOf(g)}${spread}`;
      })
      .join(", ")}`,

  spec: (state) => {
    const panels = panelsOf(state);
    const labels = named(state);
    const steps = Math.max(1, ...state.groups.map((g) => g.steps));
    const strips = state.groups.some(({ finals }) => finals.length > 1);
    const hints: ChartHints = {
      log: panels.filter((name) => name === "loss").map(idOf),
      ...(state.run === undefined ? {} : { run: state.run }),
    };
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints },
      spacing: 14,
      resolve: { scale: { x: "independent", color: "shared", strokeDash: "shared", shape: "shared" } },
      vconcat: [
        ...panels.map((name, i) =>
          panel(name, {
            labels,
            parts: partsOf(state, name),
            steps,
            bottom: i === panels.length - 1,
            runs: drawsRuns(state),
          }),
        ),
        ...(strips ? [strip(state, labels)] : []),
      ],
    };
  },

  datasets: (state) => ({
    ...Object.fromEntries(
      panelsOf(state).flatMap((name) => [
        [idOf(name), bandTable(state, name)],
        [marksOf(name), markTable(state, name)],
        ...(drawsRuns(state) ? [[eachOf(name), runTable(state, name)]] : []),
      ]),
    ),
    finals: finalTable(state),
  }),

  example: () => {
    const step = [10, 20, 30, 40];
    const of = (mean: number[], spread: number): Band => ({
      step,
      mean,
      low: mean.map((v) => v - spread),
      high: mean.map((v) => v + spread),
      each: [-spread, 0, spread].map((by) => mean.map((v) => v + by)),
    });
    const difference = { mean: -0.2, low: -0.28, high: -0.12, level: 0.95, degrees: 2, by: "paired seeds" } as const;
    const group = (label: string, final: number, spread: number): Compared => ({
      label,
      runs: ["a", "b", "c"].map((r) => `${label} ${r}`),
      seeds: [0, 1, 2],
      finals: [final - spread, final, final + spread],
      mean: final,
      median: final,
      low: final - spread,
      high: final + spread,
      std: spread,
      steps: 40,
      behind: label === "adam" ? null : difference,
      bands: {
        "train loss": of([2, 1, 0.5, final], spread),
        "validation loss": of([2.1, 1.2, 0.7, final + 0.2], spread),
      },
    });
    return {
      figure: { name: "validation loss", part: "valid", key: "loss", better: "lower", examples: null },
      groups: [group("adam", 0.4, 0.02), group("sgd", 0.6, 0.05)],
      difference,
      beyondSeeds: true,
    };
  },
});

/** Names of views are words. */
const idOf = (name: string): string => name.replaceAll(/\W+/g, "_");

/** The table of single runs of a panel. */
const eachOf = (name: string): string => `${idOf(name)}_each`;

/** The table of the shapes that tell groups apart without colours. */
const marksOf = (name: string): string => `${idOf(name)}_marks`;

/** Whether single runs of a band can be told apart. */
function drawsRuns({ groups }: Comparison): boolean {
  const several = groups.slice(0, MOST_NAMED).filter(({ finals }) => finals.length > 1);
  return several.length > 0 && several.reduce((sum, { finals }) => sum + finals.length, 0) <= MOST_RUNS;
}

/** Groups that have a colour, with their curve of a figure in the first part of the data that it is known of. */
function firstBands(state: Comparison, name: string): { group: Compared; band: Band }[] {
  const [part] = partsOf(state, name);
  return state.groups.slice(0, MOST_NAMED).flatMap((group) => {
    const band = group.bands[`${part} ${name}`];
    return band ? [{ group, band }] : [];
  });
}

function runTable(state: Comparison, name: string): Columns {
  const rows = firstBands(state, name).flatMap(({ group, band: { step, each } }) =>
    each.flatMap((values, run) =>
      values.flatMap((value, i) =>
        Number.isNaN(value)
          ? []
          : [{ label: shortened(group.label), run: group.runs[run] as string, step: step[i] as number, value }],
      ),
    ),
  );
  return {
    group: { text: rows.map((r) => r.label) },
    run: { text: rows.map((r) => r.run) },
    ...encodeColumns({ step: rows.map((r) => r.step), value: rows.map((r) => r.value) }),
  };
}

/** Shapes along a curve. */
const MARKS = 6;

function markTable(state: Comparison, name: string): Columns {
  const rows = firstBands(state, name).flatMap(({ group, band: { step, mean } }) => {
    const places = Array.from({ length: MARKS }, (_, k) => Math.round((k * (step.length - 1)) / (MARKS - 1)));
    return [...new Set(places)].map((i) => ({
      label: shortened(group.label),
      step: step[i] as number,
      mean: mean[i] as number,
    }));
  });
  return {
    group: { text: rows.map((r) => r.label) },
    ...encodeColumns({ step: rows.map((r) => r.step), mean: rows.map((r) => r.mean) }),
  };
}

function rowsOf(state: Comparison): { label: string; group: Compared }[] {
  return state.groups.map((group, i) => ({ label: i < MOST_NAMED ? shortened(group.label) : OTHERS, group }));
}

function bandTable(state: Comparison, name: string): Columns {
  const rows = partsOf(state, name).flatMap((part) =>
    rowsOf(state).flatMap(({ label, group }) => {
      const band = group.bands[`${part} ${name}`];
      if (!band) return [];
      return band.step.map((step, i) => ({
        label,
        run: group.label,
        part: wordOf(part),
        step,
        mean: band.mean[i] as number,
        low: band.low[i] as number,
        high: band.high[i] as number,
      }));
    }),
  );
  return {
    group: { text: rows.map((r) => r.label) },
    run: { text: rows.map((r) => r.run) },
    part: { text: rows.map((r) => r.part) },
    ...encodeColumns({
      step: rows.map((r) => r.step),
      mean: rows.map((r) => r.mean),
      low: rows.map((r) => r.low),
      high: rows.map((r) => r.high),
    }),
  };
}

const wordOf = (part: (typeof PARTS)[number]): string => (part === "train" ? "training" : part);

function finalTable(state: Comparison): Columns {
  const rows = rowsOf(state)
    .slice(0, MOST_NAMED)
    .flatMap(({ label, group }) =>
      group.finals.map((final, i) => ({
        label,
        run: group.runs[i] as string,
        seed: group.seeds[i] as number,
        final,
        median: group.median,
      })),
    );
  return {
    group: { text: rows.map((r) => r.label) },
    run: { text: rows.map((r) => r.run) },
    ...encodeColumns({
      seed: rows.map((r) => r.seed),
      final: rows.map((r) => r.final),
      median: rows.map((r) => r.median),
    }),
  };
}

/** One legend for colours and dashes: all layers say the same of it, else there is none. */
const legendOf = (labels: readonly string[]) =>
  labels.length > 1
    ? { title: null, orient: "top", columns: 3, labelLimit: 180, symbolOpacity: 1, symbolSize: 90 }
    : null;

const colour = (labels: readonly string[]): Spec => ({
  field: "group",
  type: "nominal",
  scale: { domain: labels, range: "category" },
  legend: legendOf(labels),
});

/** Its shape along the lines, in the same legend as its colour. */
const shape = (labels: readonly string[]): Spec => ({
  field: "group",
  type: "nominal",
  scale: { domain: labels },
  legend: legendOf(labels),
});

const isNamed = `datum.group !== '${OTHERS}'`;

interface Panel {
  readonly labels: readonly string[];
  readonly parts: readonly (typeof PARTS)[number][];
  readonly steps: number;
  readonly bottom: boolean;
  readonly runs: boolean;
}

/** One figure of all groups: validation solid in its band, training dashed. */
function panel(name: string, { labels, parts, steps, bottom, runs }: Panel): Spec {
  const y = (field: string) => ({
    field,
    type: "quantitative",
    title: null,
    scale: { type: "linear", zero: false },
    axis: { tickCount: 4 },
  });
  const words = parts.map(wordOf);
  const first = `datum.part === '${words[0]}'`;
  const dash = {
    field: "part",
    type: "nominal",
    scale: {
      domain: PARTS.map(wordOf),
      range: [
        [1, 0],
        [5, 3],
      ],
    },
    legend:
      words.length > 1 ? { title: null, orient: "top", symbolType: "stroke", symbolSize: 500, values: words } : null,
  };
  const tooltip = [
    { field: "run", type: "nominal", title: "runs" },
    { field: "part", type: "nominal", title: "examples" },
    { field: "step", type: "quantitative", title: "step", format: "," },
    { field: "mean", type: "quantitative", title: name, format: ".4~g" },
    { field: "low", type: "quantitative", title: "lowest", format: ".4~g" },
    { field: "high", type: "quantitative", title: "highest", format: ".4~g" },
  ];
  const title = words.length > 1 ? `${name}: ${words[0]} solid, ${words[1]} dashed` : `${words[0]} ${name}`;
  return {
    name: idOf(name),
    title: { text: title, anchor: "start", frame: "group" },
    width: WIDTH,
    height: 150,
    data: { name: idOf(name) },
    encoding: {
      x: {
        field: "step",
        type: "quantitative",
        scale: { domain: [0, steps], nice: false },
        axis: bottom
          ? { title: "step", format: steps < 10_000 ? ",d" : "~s", tickCount: 7, tickMinStep: 1 }
          : { title: null, labels: false, ticks: false, tickCount: 7 },
      },
    },
    layer: [
      {
        transform: [{ filter: `${isNamed} && ${first}` }],
        mark: { type: "area", opacity: 0.18 },
        encoding: { y: y("low"), y2: { field: "high" }, color: colour(labels) },
      },
      {
        transform: [{ filter: `datum.group === '${OTHERS}' && ${first}` }],
        mark: { type: "line", strokeWidth: 1, opacity: 0.25 },
        encoding: { y: y("mean"), detail: { field: "run", type: "nominal" }, tooltip },
      },
      ...(runs
        ? [
            {
              data: { name: eachOf(name) },
              mark: { type: "line", strokeWidth: 1, opacity: 0.4 },
              encoding: { y: y("value"), color: colour(labels), detail: { field: "run", type: "nominal" } },
            },
          ]
        : []),
      {
        transform: [{ filter: isNamed }],
        mark: { type: "line", strokeWidth: 2 },
        encoding: { y: y("mean"), color: colour(labels), strokeDash: dash, tooltip },
      },
      ...(labels.length > 1
        ? [
            {
              data: { name: marksOf(name) },
              mark: { type: "point", filled: true, size: 36, opacity: 1 },
              encoding: { y: y("mean"), color: colour(labels), shape: shape(labels) },
            },
          ]
        : []),
    ],
  };
}

/** What every run ended with, a row for each group: runs as circles, their median as a bar. */
function strip({ figure }: Comparison, labels: readonly string[]): Spec {
  const group = {
    field: "group",
    type: "nominal",
    title: null,
    sort: labels,
    axis: labels.length > 1 ? { labelLimit: 110, minExtent: 44, maxExtent: 130, domain: false, ticks: false } : null,
  };
  const x = (field: string) => ({
    field,
    type: "quantitative",
    title: `final ${figure.name}`,
    scale: { zero: false, nice: true, padding: 8 },
    axis: { tickCount: 7 },
  });
  const seeds = [
    { field: "run", type: "nominal", title: "run" },
    { field: "seed", type: "quantitative", title: "seed" },
    { field: "final", type: "quantitative", title: figure.name, format: ".5~g" },
  ];
  return {
    name: "finals",
    width: WIDTH,
    height: { step: labels.length > 1 ? 22 : 30 },
    data: { name: "finals" },
    encoding: { y: group },
    layer: [
      {
        mark: { type: "tick", thickness: 3, size: 18 },
        encoding: { x: x("median"), color: colour(labels) },
      },
      {
        mark: { type: "point", filled: false, size: 60, strokeWidth: 1.5, opacity: 0.9 },
        encoding: { x: x("final"), color: colour(labels), tooltip: seeds },
      },
    ],
  };
}
