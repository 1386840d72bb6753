import type { Ending, RangeMode } from "../diagnostics/learningRate/rangeTest.ts";
import type { RuleName } from "../diagnostics/learningRate/rules.ts";
import type { Advice } from "../diagnostics/learningRate/suggestion.ts";
import type { Action, ChartHints } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { count, significant } from "./format.ts";
import { logAxis } from "./logAxis.ts";
import { definePlot, type Spec } from "./plot.ts";
import { rate, roundedRate } from "./rate.ts";

export interface LrFinderState {
  readonly name: string;
  /** The experiment whose rate may be set. */
  readonly experiment: string;
  /** Per step; low and high are the band of several seeds. */
  readonly lr: readonly number[];
  readonly loss: readonly number[];
  readonly smoothed: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Planned steps, and the ends of the planned rates. */
  readonly steps: number;
  readonly ends: readonly [number, number];
  readonly mode: RangeMode;
  readonly live: boolean;
  readonly advice: Advice;
  readonly diverges: number | null;
  readonly ending: Ending;
  /** What each seed alone suggests; null for a single seed. */
  readonly alone: readonly (number | null)[] | null;
}

const WIDTH = 600;
const HEIGHT = 250;
/** Of a label: a row's height, a letter's width, what keeps two apart. */
const ROW = 16;
const LETTER = 6.4;
const GAP = 10;

export const lrFinderPlot = definePlot<LrFinderState>({
  kind: "plot",
  summary: "Loss against a growing learning rate, with the rates that four rules suggest.",

  title: (state) => {
    const { advice, diverges, ending, live, steps, lr, alone } = state;
    const done = lr.length;
    if (live) return `Finding a learning rate: ${count(done, "step")} of ${steps.toLocaleString("en-US")}`;
    const stopped = ending === "interrupted" ? ` (stopped after ${count(done, "step")} of ${steps})` : "";
    if (advice.suggestion === null) {
      const [short] = advice.reason.split(/ \(|[,;:] /);
      return `No learning rate to recommend after ${count(done, "step")}${stopped}: ${short}`;
    }
    const spread = spreadOf(alone);
    const over =
      alone === null
        ? ""
        : `, ${spread === null ? "" : `${rate(spread[0])} to ${rate(spread[1])} `}over ${count(alone.length, "seed")}`;
    const end = diverges === null ? `no divergence up to ${rate(lr.at(-1) ?? 0)}` : `diverges above ${rate(diverges)}`;
    return `Try a learning rate of ${rate(advice.suggestion)}${over} (${advice.reason}); ${end}${stopped}`;
  },

  text: (state) => {
    const { name, lr, smoothed, steps, advice, ending, mode } = state;
    if (lr.length === 0) return `range test of ${name}, ${count(steps, "step")} planned; no step is done yet`;
    const lowest = smoothed.indexOf(Math.min(...smoothed));
    const said = marksOf(state).filter(({ rule }) => rule !== "consensus" || advice.rule !== "consensus");
    const endings: Readonly<Record<Ending, string>> = {
      "all steps": `${count(steps, "step")} done`,
      diverged: `ended after ${count(lr.length, "step")}, as the loss diverges`,
      "not finite": `ended after ${count(lr.length, "step")}, as the loss is no longer finite`,
      interrupted: `stopped after ${count(lr.length, "step")} of ${steps}`,
    };
    return [
      `range test of ${name}: ${mode} rates from ${rate(lr[0] as number)} to ${rate(lr.at(-1) as number)}, ${endings[ending]}`,
      `smoothed loss from ${significant(smoothed[0])}, lowest ${significant(smoothed[lowest])} at ${rate(lr[lowest] as number)}`,
      ...(said.length ? [said.map(({ label }) => label).join(", ")] : []),
      ...(advice.suggestion === null && !state.live ? [advice.reason] : []),
    ].join("; ");
  },

  spec: (state) => {
    const { mode, live } = state;
    const [first, last] = domainOf(state);
    const top = topOf(state);
    const marks = marksOf(state);
    const rows = Math.max(0, ...marks.map((m) => m.row + 1));
    const x = (axis: Spec | null, extra: Spec = {}): Spec => ({
      field: "lr",
      type: "quantitative",
      scale: { type: mode === "exponential" ? "log" : "linear", domain: [first, last], nice: false },
      axis,
      ...extra,
    });
    const axis = {
      title: "learning rate",
      ...(mode === "exponential" ? logAxis([first, last], 9) : { tickCount: 8 }),
    };
    const y = (field: string): Spec => ({
      field,
      type: "quantitative",
      title: "loss",
      // while it goes on the data are cut instead, so that the spec stays and only rows change
      scale: { ...(live ? {} : { domain: [...top] }), nice: false, zero: false },
      axis: { tickCount: 5 },
    });
    const one = { color: { datum: "loss", ...COLOURS } };
    const two = { color: { datum: "suggestion", ...COLOURS } };
    const curve = (field: string, mark: Spec, extra: Spec = {}): Spec => ({
      data: { name: "curve" },
      mark: { clip: true, ...mark },
      encoding: { x: x(axis), y: y(field), ...one, ...extra },
    });
    const main: Spec = {
      name: "loss",
      title: { text: "loss", anchor: "start", frame: "group" },
      width: WIDTH,
      height: HEIGHT,
      layer: [
        {
          data: { name: "diverged" },
          mark: { type: "rect", opacity: 0.12, clip: true },
          encoding: { x: x(axis), x2: { field: "end" } },
        },
        {
          data: { name: "diverged" },
          mark: {
            type: "text",
            align: "right",
            baseline: "bottom",
            dx: -4,
            dy: -4,
            text: "diverges",
          },
          encoding: { x: x(axis, { field: "end" }), y: { value: HEIGHT } },
        },
        ...(state.alone ? [curve("low", { type: "area", opacity: 0.2 }, { y2: { field: "high" } })] : []),
        curve("loss", { type: "line", strokeWidth: 1, opacity: 0.4 }),
        curve("smoothed", { type: "line", strokeWidth: 2.5 }),
        {
          data: { name: "marks" },
          mark: {
            type: "rule",
            strokeWidth: { expr: "datum.best ? 2.5 : 1" },
            strokeDash: { expr: "datum.best ? [1, 0] : [4, 3]" },
          },
          encoding: { x: x(axis), ...two },
        },
        {
          data: { name: "marks" },
          mark: { type: "point", filled: true, opacity: 1, size: { expr: "datum.best ? 110 : 45" }, clip: true },
          encoding: {
            x: x(axis),
            y: y("loss"),
            ...two,
            tooltip: [
              { field: "rule", type: "nominal" },
              { field: "lr", type: "quantitative", title: "learning rate", format: ".3~g" },
              { field: "loss", type: "quantitative", title: "smoothed loss", format: ".4~g" },
            ],
          },
        },
      ],
    };
    const labels: Spec = {
      width: WIDTH,
      height: rows * ROW,
      view: { stroke: null },
      layer: [true, false].map((best) => ({
        data: { name: "marks" },
        transform: [{ filter: best ? "datum.best === 1" : "datum.best === 0" }],
        mark: {
          type: "text",
          align: { expr: "datum.side < 0 ? 'left' : datum.side > 0 ? 'right' : 'center'" },
          dx: { expr: "-2 * datum.side" },
        },
        encoding: {
          x: x(null),
          y: {
            field: "row",
            type: "quantitative",
            scale: { domain: [-0.5, rows - 0.5], nice: false, zero: false },
            axis: null,
          },
          text: { field: "label", type: "nominal" },
          ...(best ? two : {}),
        },
      })),
    };
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints(state) },
      spacing: 2,
      resolve: { scale: { x: "shared", color: "shared" } },
      vconcat: rows > 0 && !live ? [labels, main] : [main],
    };
  },

  datasets: (state) => {
    const { lr, loss, smoothed, low, high, diverges } = state;
    const [, last] = domainOf(state);
    const [, cap] = topOf(state);
    const marks = marksOf(state);
    const band = high.map((v) => (Number.isFinite(v) ? v : 2 * cap));
    const cut = (values: readonly number[]) => (state.live ? values.map((v) => Math.min(v, cap)) : values);
    return {
      curve: encodeColumns({ lr, loss: cut(loss), smoothed: cut(smoothed), low: cut(low), high: cut(band) }),
      diverged: encodeColumns(diverges === null ? { lr: [], end: [] } : { lr: [diverges], end: [last] }),
      marks: {
        ...encodeColumns({
          lr: marks.map((m) => m.lr),
          loss: marks.map((m) => m.loss),
          row: marks.map((m) => m.row),
          side: marks.map((m) => m.side),
          best: marks.map((m) => Number(m.best)),
        }),
        rule: { text: marks.map((m) => m.rule) },
        label: { text: marks.map((m) => m.label) },
      },
    };
  },

  example: () => {
    const lr = Array.from({ length: 88 }, (_, i) => 1e-7 * 1e8 ** (i / 100));
    const smoothed = lr.map((v) => 2.3 - 1.6 / (1 + (0.02 / v) ** 1.2) + (v / 0.8) ** 4);
    const loss = smoothed.map((v, i) => v + 0.06 * Math.sin(i * 2.7));
    return {
      name: "example",
      experiment: "example",
      lr,
      loss,
      smoothed,
      low: smoothed,
      high: smoothed,
      steps: 100,
      ends: [1e-7, 10],
      mode: "exponential",
      live: false,
      advice: {
        suggestions: { valley: 0.0063, steep: 0.021, minimum: 0.03, slide: 0.12 },
        suggestion: 0.025,
        rule: "consensus",
        reason: "halfway between valley and minimum",
      },
      diverges: 0.87,
      ending: "diverged",
      alone: null,
    };
  },
});

const COLOURS = { scale: { domain: ["loss", "suggestion"], range: "category" }, legend: null };

/** The planned rates while it goes on; afterwards those that were reached. */
function domainOf({ live, lr, ends, ending, steps }: LrFinderState): [number, number] {
  const whole = live || ending === "interrupted" || lr.length < 2 || lr.length === steps;
  return [ends[0], whole ? ends[1] : (lr.at(-1) as number)];
}

/** The losses that are drawn: what comes before divergence, so that it does not flatten the rest; of single batches' not the outermost. */
function topOf({ smoothed, loss, low, lr, diverges }: LrFinderState): [number, number] {
  const end = diverges === null ? lr.length : Math.max(1, lr.indexOf(diverges));
  const lowest = smoothed.indexOf(Math.min(...smoothed.slice(0, end)));
  const shown = Math.max(lowest, Math.floor(end / 2)) + 1;
  const single = loss.slice(0, shown).sort((a, b) => a - b);
  const smooth = smoothed.slice(0, shown);
  if (smooth.length === 0) return [0, 1];
  const part = (share: number) => single[Math.round(share * (single.length - 1))] as number;
  const high = Math.max(part(0.95), ...smooth);
  const floor = Math.min(part(0.01), ...smooth, ...low.slice(0, shown));
  const room = Math.max(high - floor, 0.05 * Math.abs(high), 1e-12);
  // above 0 where losses are, for the reader's log axis
  return [floor > 0 ? Math.max(floor - 0.06 * room, floor / 2) : floor - 0.06 * room, high + 0.25 * room];
}

interface Mark {
  readonly rule: RuleName | "consensus";
  readonly label: string;
  readonly lr: number;
  readonly loss: number;
  readonly best: boolean;
  readonly row: number;
  /** Where the label's edge keeps to the mark: -1 left, 0 middle, 1 right. */
  readonly side: -1 | 0 | 1;
}

/** The suggestions with labels in rows above the chart, so many that no two of them touch. */
function marksOf(state: LrFinderState): Mark[] {
  const { advice, lr, smoothed, mode } = state;
  const { suggestion, rule, suggestions } = advice;
  const all = [
    ...(rule === "consensus" && suggestion !== null ? [["consensus", suggestion] as const] : []),
    ...(Object.entries(suggestions) as [RuleName, number | null][]),
  ].filter((entry): entry is [RuleName | "consensus", number] => entry[1] !== null);
  const [first, last] = domainOf(state);
  const scale = (v: number) =>
    mode === "exponential" ? Math.log(v / first) / Math.log(last / first) : (v - first) / (last - first);
  // the recommended one comes first, in the row next to the chart
  const ordered = all
    .map(([name, value]) => ({
      name,
      value,
      best: name === rule,
      label: `${name === "consensus" ? "try" : name} ${rate(value)}`,
    }))
    .sort((a, b) => Number(b.best) - Number(a.best) || a.value - b.value);
  const taken: { row: number; from: number; to: number }[] = [];
  return ordered.map(({ name, value, best, label }) => {
    const at = WIDTH * scale(value);
    const width = LETTER * label.length * (best ? 1.1 : 1);
    const side = at < width / 2 ? -1 : at > WIDTH - width / 2 ? 1 : 0;
    const from = side < 0 ? at : side > 0 ? at - width : at - width / 2;
    let row = 0;
    while (taken.some((t) => t.row === row && from < t.to + GAP && t.from < from + width + GAP)) row += 1;
    taken.push({ row, from, to: from + width });
    return { rule: name, label, lr: value, loss: lossAt(value, lr, smoothed), best, row, side };
  });
}

/** Of the nearest step. */
function lossAt(value: number, lr: readonly number[], losses: readonly number[]): number {
  const distance = (v: number) => Math.abs(Math.log(v / value));
  const nearest = lr.reduce((best, v, i) => (distance(v) < distance(lr[best] as number) ? i : best), 0);
  return losses[nearest] ?? Number.NaN;
}

/** Lowest and highest of what the seeds suggest. */
export function spreadOf(alone: readonly (number | null)[] | null): [number, number] | null {
  const known = (alone ?? []).filter((v): v is number => v !== null);
  return known.length > 1 ? [Math.min(...known), Math.max(...known)] : null;
}

function hints(state: LrFinderState): ChartHints {
  const value = (field: string, label: string, series: string | null) =>
    ({ dataset: "curve", field, label, series }) as const;
  return {
    x: { field: "lr", label: "learning rate" },
    log: ["loss"],
    values: [value("smoothed", "smoothed loss", "loss"), value("loss", "loss", "loss")],
    ...(state.live ? {} : { actions: actionsOf(state) }),
  };
}

/** The recommended rate first. */
function actionsOf(state: LrFinderState): Action[] {
  const { experiment } = state;
  return marksOf(state).map(({ rule, lr, best }) => ({
    label: best ? `Insert ${rate(lr)}` : `${rule} ${rate(lr)}`,
    title: `Put ${rate(lr)} where the cell gives maxLr or lr`,
    do: { kind: "set-option", options: ["maxLr", "lr"], value: roundedRate(lr), experiment },
  }));
}
