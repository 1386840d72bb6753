import type { Band, Compared, Comparison } from "../diagnostics/curves/comparison.ts";
import type { ChartHints, Columns } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { count as counted, plusMinus, significant } from "./format.ts";
import { definePlot, type Spec } from "./plot.ts";

/** Groups with a colour of their own: the best; the others are drawn faintly. */
const MOST_NAMED = 6;
const OTHERS = "others";
/** Runs that are drawn by themselves, faintly, over their band: more would be a band again. */
const MOST_RUNS = 16;
/** Beside it names stand in the strip. */
const WIDTH = 540;

/** What the comparison comes to, in a sentence. */
export function verdictOf({ groups, figure, beyondSeeds }: Comparison): string {
  const [best, second] = groups;
  if (!best) return "no run";
  const seeds = counted(best.finals.length, new Set(best.seeds).size > 1 ? "seed" : "run");
  if (!second) {
    if (best.finals.length === 1) return `${best.label}: ${figure.name} ${significant(best.median)}`;
    const outlier = beats(best, figure.better);
    return `${figure.name} ${spreadOf(best)} over ${seeds}, from ${significant(best.low)} to ${significant(best.high)}${outlier ? `; ${outlier}` : ""}`;
  }
  const head = `${best.label} ends best: ${figure.name} ${spreadOf(best)}, then ${second.label} with ${spreadOf(second)}`;
  if (beyondSeeds === null) return `${head}; too few seeds to tell it from chance`;
  return beyondSeeds ? `${head}: more than the seeds explain` : `${head}: no more than the seeds explain`;
}

/** What runs of one group end with: their mean and deviation. */
const spreadOf = ({ mean, std }: Compared): string => plusMinus(mean, std);

/** A best seed that stands out: as far from the median as three deviations of the others. */
function beats({ finals, median }: Compared, better: "higher" | "lower"): string {
  const sound = finals.filter((v) => !Number.isNaN(v));
  if (sound.length < 4) return "";
  const best = better === "higher" ? Math.max(...sound) : Math.min(...sound);
  const rest = sound.filter((v) => v !== best);
  const mean = rest.reduce((a, b) => a + b, 0) / rest.length;
  const std = Math.sqrt(rest.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, rest.length - 1));
  return Math.abs(best - mean) > 3 * std && best !== median
    ? `one seed found a better minimum: ${significant(best)}`
    : "";
}

const shortened = (label: string): string => (label.length > 32 ? `${label.slice(0, 31)}…` : label);

const named = ({ groups }: Comparison): string[] => groups.slice(0, MOST_NAMED).map(({ label }) => shortened(label));

/** Panels that have something to show. */
function panelsOf({ groups }: Comparison): string[] {
  const names = Object.keys(groups[0]?.bands ?? {});
  return names.filter((name) => groups.some(({ bands }) => (bands[name]?.step.length ?? 0) > 1));
}

export const compareRunsPlot = definePlot<Comparison>({
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
    const hints: ChartHints = { log: panels.filter((name) => name.endsWith("loss")).map(idOf) };
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints },
      spacing: 14,
      resolve: { scale: { x: "independent", color: "shared", strokeDash: "shared" } },
      vconcat: [
        ...panels.map((name, i) =>
          panel(name, { labels, steps, bottom: i === panels.length - 1, runs: drawsRuns(state) }),
        ),
        ...(strips ? [strip(state, labels)] : []),
      ],
    };
  },

  datasets: (state) => ({
    ...Object.fromEntries(
      panelsOf(state).flatMap((name) => [
        [idOf(name), bandTable(state, name)],
        ...(drawsRuns(state) ? [[eachOf(name), runTable(state, name)]] : []),
      ]),
    ),
    finals: finalTable(state),
  }),

  example: () => {
    const step = [10, 20, 30, 40];
    const of = (median: number[], spread: number): Band => ({
      step,
      median,
      low: median.map((v) => v - spread),
      high: median.map((v) => v + spread),
      each: [-spread, 0, spread].map((by) => median.map((v) => v + by)),
    });
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
      bands: {
        "train loss": of([2, 1, 0.5, final], spread),
        "validation loss": of([2.1, 1.2, 0.7, final + 0.2], spread),
      },
    });
    return {
      figure: { name: "validation loss", part: "valid", key: "loss", better: "lower" },
      groups: [group("adam", 0.4, 0.02), group("sgd", 0.6, 0.05)],
      beyondSeeds: true,
    };
  },
});

/** Names of views are words. */
const idOf = (name: string): string => name.replaceAll(/\W+/g, "_");

/** The table of single runs of a panel. */
const eachOf = (name: string): string => `${idOf(name)}_each`;

/** Whether single runs of a band can be told apart. */
function drawsRuns({ groups }: Comparison): boolean {
  const several = groups.slice(0, MOST_NAMED).filter(({ finals }) => finals.length > 1);
  return several.length > 0 && several.reduce((sum, { finals }) => sum + finals.length, 0) <= MOST_RUNS;
}

function runTable(state: Comparison, name: string): Columns {
  const rows = state.groups.slice(0, MOST_NAMED).flatMap((group) => {
    const { step, each } = group.bands[name] as Band;
    return each.flatMap((values, run) =>
      values.flatMap((value, i) =>
        Number.isNaN(value)
          ? []
          : [{ label: shortened(group.label), run: group.runs[run] as string, step: step[i] as number, value }],
      ),
    );
  });
  return {
    group: { text: rows.map((r) => r.label) },
    run: { text: rows.map((r) => r.run) },
    ...encodeColumns({ step: rows.map((r) => r.step), value: rows.map((r) => r.value) }),
  };
}

function rowsOf(state: Comparison): { label: string; group: Compared }[] {
  return state.groups.map((group, i) => ({ label: i < MOST_NAMED ? shortened(group.label) : OTHERS, group }));
}

function bandTable(state: Comparison, name: string): Columns {
  const rows = rowsOf(state).flatMap(({ label, group }) => {
    const band = group.bands[name] as Band;
    return band.step.map((step, i) => ({
      label,
      run: group.label,
      step,
      median: band.median[i] as number,
      low: band.low[i] as number,
      high: band.high[i] as number,
    }));
  });
  return {
    group: { text: rows.map((r) => r.label) },
    run: { text: rows.map((r) => r.run) },
    ...encodeColumns({
      step: rows.map((r) => r.step),
      median: rows.map((r) => r.median),
      low: rows.map((r) => r.low),
      high: rows.map((r) => r.high),
    }),
  };
}

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
  labels.length > 1 ? { title: null, orient: "top", columns: 3, labelLimit: 180, symbolOpacity: 1 } : null;

const colour = (labels: readonly string[]): Spec => ({
  field: "group",
  type: "nominal",
  scale: { domain: labels, range: "category" },
  legend: legendOf(labels),
});

const isNamed = `datum.group !== '${OTHERS}'`;

function panel(
  name: string,
  { labels, steps, bottom, runs }: { labels: readonly string[]; steps: number; bottom: boolean; runs: boolean },
): Spec {
  const y = (field: string) => ({
    field,
    type: "quantitative",
    title: null,
    scale: { type: "linear", zero: false },
    axis: { tickCount: 4 },
  });
  const dash = { field: "group", type: "nominal", scale: { domain: labels }, legend: legendOf(labels) };
  const tooltip = [
    { field: "run", type: "nominal", title: "runs" },
    { field: "step", type: "quantitative", title: "step", format: "," },
    { field: "median", type: "quantitative", title: name, format: ".4~g" },
    { field: "low", type: "quantitative", title: "lowest", format: ".4~g" },
    { field: "high", type: "quantitative", title: "highest", format: ".4~g" },
  ];
  return {
    name: idOf(name),
    title: { text: name, anchor: "start", frame: "group" },
    width: WIDTH,
    height: name === "train loss" ? 110 : 140,
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
        transform: [{ filter: isNamed }],
        mark: { type: "area", opacity: 0.18 },
        encoding: { y: y("low"), y2: { field: "high" }, color: colour(labels) },
      },
      {
        transform: [{ filter: `datum.group === '${OTHERS}'` }],
        mark: { type: "line", strokeWidth: 1, opacity: 0.25 },
        encoding: { y: y("median"), detail: { field: "run", type: "nominal" }, tooltip },
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
        encoding: { y: y("median"), color: colour(labels), strokeDash: dash, tooltip },
      },
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
