import type { ChartHints } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { count, significant } from "./format.ts";
import { logAxis } from "./logAxis.ts";
import { definePlot, type Spec } from "./plot.ts";
import { rate, roundedRate } from "./rate.ts";

export interface LrSweepState {
  readonly name: string;
  /** The experiment whose rate may be set. */
  readonly experiment: string;
  /** Whose loss is drawn. */
  readonly of: "validation" | "training";
  /** Rates, lowest first; what follows is in their order. */
  readonly lrs: readonly number[];
  /** Final losses of the seeds, lowest first; Infinity when not finite. */
  readonly bySeed: readonly (readonly number[])[];
  readonly medians: readonly number[];
  /** Loss before the first step. */
  readonly start: number;
  /** Place of the lowest median, or -1. */
  readonly best: number;
  readonly seeds: number;
  readonly steps: number;
  readonly planned: number;
  readonly live: boolean;
}

const WIDTH = 600;
const HEIGHT = 260;
/** Losses within this part above the lowest are as good as it. */
const CLOSE = 0.05;

export const lrSweepPlot = definePlot<LrSweepState>({
  kind: "plot",
  summary: "The loss at the end of training against the learning rate, with bars over seeds.",

  title: (state) => {
    const { live, lrs, best, medians, of, steps, planned, seeds } = state;
    const done =
      steps < planned ? `${steps.toLocaleString("en-US")} of ${count(planned, "step")}` : count(steps, "step");
    if (live) return `Training at ${lrs.length} learning rates with ${count(seeds, "seed")}: ${done}`;
    if (best < 0)
      return `All ${lrs.length} learning rates diverge within ${done}; try lower ones than ${rate(lrs[0] as number)}`;
    const close = closeOf(state);
    const also =
      close.length > 1 ? `; ${rate(close[0] as number)} to ${rate(close.at(-1) as number)} are within 5 %` : "";
    const edge =
      best === 0
        ? "; lower rates may be better yet"
        : best === lrs.length - 1
          ? "; higher rates may be better yet"
          : "";
    return `Lowest ${of} loss ${significant(medians[best])} at a learning rate of ${rate(lrs[best] as number)} after ${done}${also}${edge}`;
  },

  text: ({ name, lrs, medians, bySeed, of, seeds }) => {
    const each = lrs.map((lr, i) => {
      const [low, high] = [bySeed[i]?.[0], bySeed[i]?.at(-1)];
      const spread = seeds > 1 ? ` (${told(low)} to ${told(high)})` : "";
      return `${rate(lr)} ${told(medians[i])}${spread}`;
    });
    return `${name}: ${of} loss at the end by learning rate${seeds > 1 ? `, median and range over ${count(seeds, "seed")}` : ""}: ${each.join(", ")}`;
  },

  spec: (state) => {
    const { lrs, of } = state;
    const ends = [lrs[0] as number, lrs.at(-1) as number] as const;
    const x = (extra: Spec = {}): Spec => ({
      field: "lr",
      type: "quantitative",
      title: "learning rate",
      scale: { type: "log", domain: [ends[0] / 1.3, ends[1] * 1.3], nice: false },
      axis: logAxis(ends, 9),
      ...extra,
    });
    const y = (field: string): Spec => ({
      field,
      type: "quantitative",
      title: `${of} loss at the end`,
      // while it goes on the spec stays and only rows change
      ...(state.live
        ? { scale: { nice: false, zero: false }, axis: { tickCount: 5 } }
        : { scale: { ...scaleOf(state), nice: false }, axis: axisOf(state) }),
    });
    const data = { name: "rates" };
    const one = { color: { datum: "loss", ...COLOURS } };
    const two = { color: { datum: "lowest", ...COLOURS } };
    const tooltip: Spec[] = [
      { field: "rate", type: "nominal", title: "learning rate" },
      { field: "told", type: "nominal", title: `${of} loss` },
      { field: "range", type: "nominal", title: "over the seeds" },
    ];
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints(state) },
      name: "sweep",
      width: WIDTH,
      height: HEIGHT,
      layer: [
        {
          data: { name: "best" },
          mark: { type: "rule", strokeDash: [4, 3] },
          encoding: { x: x(), ...two },
        },
        { data, mark: { type: "line", strokeWidth: 2, clip: true }, encoding: { x: x(), y: y("median"), ...one } },
        {
          data,
          mark: { type: "rule", strokeWidth: 1.5, clip: true },
          encoding: { x: x(), y: y("low"), y2: { field: "high" }, ...one },
        },
        {
          data,
          transform: [{ filter: "datum.finite === 1" }],
          mark: { type: "point", filled: true, size: 50, opacity: 1 },
          encoding: { x: x(), y: y("median"), ...one, tooltip },
        },
        {
          data,
          transform: [{ filter: "datum.finite === 0" }],
          mark: { type: "point", shape: "triangle-up", size: 70, strokeWidth: 2 },
          encoding: { x: x(), y: y("median"), ...one, tooltip },
        },
        {
          data: { name: "above" },
          mark: { type: "text", align: "right", baseline: "top", dx: 4, dy: 8, text: "off the scale" },
          encoding: { x: x(), y: y("loss") },
        },
        {
          data: { name: "best" },
          mark: { type: "point", filled: true, size: 130, opacity: 1 },
          encoding: { x: x(), y: y("loss"), ...two },
        },
        {
          data: { name: "best" },
          mark: {
            type: "text",
            baseline: "top",
            align: { expr: "datum.right ? 'right' : 'left'" },
            dx: { expr: "datum.right ? -6 : 6" },
          },
          encoding: { x: x(), y: { value: 4 }, text: { field: "label", type: "nominal" }, ...two },
        },
      ],
    };
  },

  datasets: (state) => {
    const { lrs, medians, bySeed, best, live } = state;
    const [, cap] = scaleOf(state).domain;
    const capped = (v: number | undefined) => (v === undefined || Number.isNaN(v) ? Number.NaN : Math.min(v, cap));
    const at = live || best < 0 ? [] : [best];
    const above = medians.map((v) => v > cap).lastIndexOf(true);
    const off = above >= 0 ? [above] : [];
    const middle = Math.sqrt((lrs[0] as number) * (lrs.at(-1) as number));
    return {
      rates: {
        ...encodeColumns({
          lr: lrs,
          median: medians.map(capped),
          low: bySeed.map((own) => capped(own[0])),
          high: bySeed.map((own) => capped(own.at(-1))),
          finite: medians.map((v) => Number(v <= cap)),
        }),
        rate: { text: lrs.map((lr) => rate(lr)) },
        told: { text: medians.map(told) },
        range: { text: bySeed.map((own) => `${told(own[0])} to ${told(own.at(-1))}`) },
      },
      above: encodeColumns({ lr: off.map((i) => lrs[i] as number), loss: off.map(() => cap) }),
      best: {
        ...encodeColumns({
          lr: at.map((i) => lrs[i] as number),
          loss: at.map((i) => medians[i] as number),
          right: at.map((i) => Number((lrs[i] as number) > middle)),
        }),
        label: { text: at.map((i) => `lowest: ${significant(medians[i])} at ${rate(lrs[i] as number)}`) },
      },
    };
  },

  example: () => {
    const lrs = [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1];
    const medians = [2.2, 1.4, 0.4, 0.12, 0.2, Number.POSITIVE_INFINITY];
    return {
      name: "example",
      experiment: "example",
      of: "validation",
      lrs,
      bySeed: medians.map((m) => [0.9 * m, m, 1.15 * m]),
      medians,
      start: 2.3,
      best: 3,
      seeds: 3,
      steps: 200,
      planned: 200,
      live: false,
    };
  },
});

const COLOURS = { scale: { domain: ["loss", "lowest"], range: "category" }, legend: null };

const told = (value: number | undefined): string => (value === Infinity ? "not finite" : significant(value));

/** Rates about as good as the best. */
const closeOf = ({ lrs, medians, best }: LrSweepState): number[] =>
  lrs.filter((_, i) => (medians[i] as number) <= (1 + CLOSE) * (medians[best] as number));

/** Logarithmic where losses span more than a factor of five; cut a little above where training began. */
function scaleOf({ medians, bySeed, start }: LrSweepState): {
  type: "linear" | "log";
  domain: [number, number];
  zero?: false;
} {
  const finite = [...medians, ...bySeed.flat()].filter((v) => Number.isFinite(v));
  const low = Math.min(start, ...finite);
  const top = Math.max(start, ...medians.filter((v) => v <= start));
  if (finite.length === 0 || !Number.isFinite(top)) return { type: "linear", domain: [0, 1], zero: false };
  if (low > 0 && top / low > 5) return { type: "log", domain: [low / 1.3, top * 1.5] };
  const room = Math.max(top - low, 0.05 * Math.abs(top), 1e-12);
  return { type: "linear", domain: [low - 0.08 * room, top + 0.2 * room], zero: false };
}

function axisOf(state: LrSweepState): Spec {
  const { type, domain } = scaleOf(state);
  return type === "log" ? logAxis(domain, 5) : { tickCount: 5 };
}

function hints({ live, lrs, best, experiment }: LrSweepState): ChartHints {
  if (live || best < 0) return {};
  const lr = lrs[best] as number;
  return {
    actions: [
      {
        label: `Insert ${rate(lr)}`,
        title: `Put ${rate(lr)} where the cell gives maxLr or lr`,
        do: { kind: "set-option", options: ["maxLr", "lr"], value: roundedRate(lr), experiment },
      },
    ],
  };
}
