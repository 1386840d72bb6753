import { type Verdict, verdictRule, verdicts } from "../diagnostics/learningRate/verdict.ts";
import type { Action, ChartHints } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { count, significant } from "./format.ts";
import { logAxis } from "./logAxis.ts";
import { definePlot, type Spec } from "./plot.ts";
import { rate, roundedRate } from "./rate.ts";

export interface LrGridState {
  readonly name: string;
  /** The experiment whose rate may be set. */
  readonly experiment: string;
  /** Rates, lowest first; what follows is in their order. */
  readonly lrs: readonly number[];
  readonly curves: readonly { readonly step: readonly number[]; readonly loss: readonly number[] }[];
  /** Smoothed loss at the end; Infinity when it is not finite. */
  readonly ends: readonly number[];
  /** Loss before the first step. */
  readonly start: number;
  readonly verdicts: readonly Verdict[];
  /** Place of the lowest end, or -1. */
  readonly best: number;
  /** What a probe suggests. */
  readonly eps0: { readonly rate: number; readonly factor: number } | null;
  readonly seeds: number;
  readonly steps: number;
  readonly planned: number;
  readonly live: boolean;
}

/** Width of the curves; their labels stand to the right. */
const WIDTH = 500;
const HEIGHT = 250;
const BELOW = 110;
/** With more rates only the best, the ends and the first that diverges are named. */
const MOST_LABELS = 12;
const LABEL_HEIGHT = 15;
const MOST_ACTIONS = 10;

export const lrGridPlot = definePlot<LrGridState>({
  kind: "plot",
  summary: "Loss over the first steps at several learning rates, and where it ends against the rate.",

  title: ({ live, lrs, best, ends, verdicts: judged, steps, planned, eps0 }) => {
    const done =
      steps < planned ? `${steps.toLocaleString("en-US")} of ${count(planned, "step")}` : count(steps, "step");
    if (live) return `Training at ${lrs.length} learning rates: ${done}`;
    const numbers = verdicts
      .map((v) => ({ v, n: judged.filter((own) => own === v).length }))
      .flatMap(({ v, n }) => (n > 0 ? [`${n} ${v}`] : []));
    if (best < 0)
      return `All ${lrs.length} learning rates diverge within ${done}; try lower ones than ${rate(lrs[0] as number)}`;
    const probe = eps0 ? `; start with ${rate(eps0.rate)} (${eps0.factor} times that)` : "";
    return `${rate(lrs[best] as number)} is the best of ${lrs.length} learning rates after ${done}: loss ${significant(ends[best])}${probe}; ${numbers.join(", ")}`;
  },

  text: ({ name, lrs, ends, verdicts: judged, start, seeds }) => {
    const each = lrs
      .slice(0, 64)
      .map((lr, i) => `${rate(lr)} ${judged[i]} (${Number.isFinite(ends[i]) ? significant(ends[i]) : "not finite"})`);
    const over = seeds > 1 ? `, medians over ${count(seeds, "seed")}` : "";
    return `${name}: smoothed training loss from ${significant(start)}${over}; ${each.join(", ")}. ${verdictRule}`;
  },

  spec: (state) => {
    const domain = domainOf(state);
    const y: Spec = {
      field: "loss",
      type: "quantitative",
      title: "smoothed loss",
      // while it goes on the data are cut instead, so that the spec stays and only rows change
      scale: { ...(state.live ? {} : { domain }), nice: false, zero: false },
      axis: { tickCount: 5 },
    };
    const ends = [state.lrs[0] as number, state.lrs.at(-1) as number] as const;
    const colour: Spec = {
      field: "lr",
      type: "quantitative",
      scale: { type: "log", domain: [...ends], range: "ramp" },
      legend: null,
    };
    const shape: Spec = {
      field: "verdict",
      type: "nominal",
      scale: { domain: [...verdicts], range: ["triangle-down", "circle", "triangle-up", "cross"] },
      legend: { title: null, orient: "bottom" },
    };
    const dim: Spec = {
      condition: { test: "rate === null || datum.rate === rate", value: 1 },
      value: 0.15,
    };
    const rateAxis: Spec = {
      field: "lr",
      type: "quantitative",
      title: "learning rate",
      scale: { type: "log", domain: [(ends[0] as number) / 1.3, (ends[1] as number) * 1.3], nice: false },
      axis: logAxis(ends, 9),
    };
    const tooltip: Spec[] = [
      { field: "rate", type: "nominal", title: "learning rate" },
      { field: "verdict", type: "nominal" },
      { field: "end", type: "quantitative", title: "loss at the end", format: ".4~g" },
    ];
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints(state) },
      params: [{ name: "rate", value: null }],
      spacing: 14,
      resolve: { scale: { x: "independent", y: "independent", color: "shared", shape: "independent" } },
      vconcat: [
        {
          name: "curves",
          width: WIDTH,
          height: HEIGHT,
          layer: [
            {
              data: { name: "curves" },
              mark: {
                type: "line",
                clip: true,
                strokeWidth: { expr: `rate === null ? ${state.lrs.length > 20 ? 1.2 : 2} : 2` },
              },
              encoding: {
                x: {
                  field: "step",
                  type: "quantitative",
                  title: "step",
                  scale: { domain: [0, Math.max(1, state.live ? state.planned : state.steps)], nice: false },
                  axis: { labelExpr: "format(datum.value, ',')", tickMinStep: 1, tickCount: 6 },
                },
                y,
                color: colour,
                opacity: dim,
                detail: { field: "rate", type: "nominal" },
              },
            },
            {
              data: { name: "labels" },
              mark: { type: "text", align: "left", dx: 6 },
              encoding: {
                x: { value: "width" },
                y: { ...y, field: "at" },
                text: { field: "label", type: "nominal" },
                opacity: dim,
              },
            },
          ],
        },
        {
          name: "ends",
          width: WIDTH,
          height: BELOW,
          data: { name: "ends" },
          encoding: { x: rateAxis, y: { ...y, title: "loss at the end", axis: { tickCount: 3 } } },
          layer: [
            { mark: { type: "line", strokeWidth: 1, opacity: 0.4, clip: true }, encoding: {} },
            {
              mark: { type: "point", filled: true, size: state.lrs.length > 30 ? 40 : 80, opacity: 1 },
              encoding: { color: colour, shape, opacity: dim, tooltip },
            },
            {
              transform: [{ filter: "datum.best === 1" }],
              mark: { type: "text", baseline: "bottom", dy: -8 },
              encoding: { text: { field: "rate", type: "nominal" } },
            },
          ],
        },
      ],
    };
  },

  datasets: (state) => {
    const { lrs, curves, ends, verdicts: judged, best } = state;
    const [, cap] = domainOf(state);
    const rows = curves.flatMap(({ step, loss }, i) => step.map((s, k) => ({ i, step: s, loss: loss[k] as number })));
    const shown = lrs.map((lr) => rate(lr));
    const labels = labelsOf(state);
    return {
      curves: {
        ...encodeColumns({
          step: rows.map((r) => r.step),
          loss: rows.map((r) => (state.live ? Math.min(r.loss, cap) : r.loss)),
          lr: rows.map((r) => lrs[r.i] as number),
        }),
        rate: { text: rows.map((r) => shown[r.i] as string) },
      },
      ends: {
        ...encodeColumns({
          lr: lrs,
          loss: ends.map((end) => Math.min(end, cap)),
          end: ends,
          best: lrs.map((_, i) => Number(i === best)),
        }),
        rate: { text: shown },
        verdict: { text: judged },
      },
      labels: {
        ...encodeColumns({ at: labels.map((l) => l.at) }),
        label: { text: labels.map((l) => l.text) },
        rate: { text: labels.map((l) => l.rate) },
      },
    };
  },

  example: () => {
    const lrs = [1e-4, 1e-3, 1e-2, 0.1, 1];
    const steps = Array.from({ length: 25 }, (_, i) => 4 * (i + 1));
    const losses = [
      steps.map((s) => 2.3 - 0.001 * s),
      steps.map((s) => 2.3 - 0.006 * s),
      steps.map((s) => 0.5 + 1.8 * Math.exp(-s / 40)),
      steps.map((s) => 0.3 + 2 * Math.exp(-s / 18)),
      steps.map((s) => 2.3 + 0.03 * s),
    ];
    return {
      name: "example",
      experiment: "example",
      lrs,
      curves: losses.map((loss) => ({ step: steps, loss })),
      ends: losses.map((loss) => loss.at(-1) as number),
      start: 2.3,
      verdicts: ["slow", "slow", "good", "good", "diverging"],
      best: 3,
      eps0: null,
      seeds: 1,
      steps: 100,
      planned: 100,
      live: false,
    };
  },
});

/** The losses that are drawn: a little above where training began, so that divergence does not flatten the others. */
function domainOf({ start, ends, curves }: LrGridState): [number, number] {
  const low = Math.min(start, ...ends.filter(Number.isFinite), ...curves.flatMap((c) => c.loss));
  if (!Number.isFinite(start)) return [0, 1];
  const room = Math.max(start - low, 0.05 * Math.abs(start), 1e-12);
  return [low - 0.06 * room, start + 0.3 * room];
}

interface Label {
  readonly rate: string;
  readonly text: string;
  /** Loss at whose height it stands. */
  at: number;
}

/** Names of curves beside their ends, moved apart so far that they can be read. */
function labelsOf(state: LrGridState): Label[] {
  const { lrs, curves, ends, verdicts: judged, best } = state;
  const [low, high] = domainOf(state);
  const few = lrs.length <= MOST_LABELS;
  const named = lrs.flatMap((_, i) =>
    few || i === best || i === 0 || i === lrs.length - 1 || i === judged.indexOf("diverging") ? [i] : [],
  );
  const unit = (high - low) / HEIGHT;
  const wanted = named
    .map((i) => {
      const end = Number.isFinite(ends[i]) ? (ends[i] as number) : Infinity;
      const last = curves[i]?.loss.at(-1) ?? Infinity;
      const at = Math.min(high, judged[i] === "diverging" ? Math.max(end, last) : end);
      return { rate: rate(lrs[i] as number), text: `${rate(lrs[i] as number)} ${judged[i]}`, at, i };
    })
    // of equal heights the higher rate stands higher
    .sort((a, b) => b.at - a.at || b.i - a.i);
  let above = high + LABEL_HEIGHT * unit;
  for (const label of wanted) {
    label.at = Math.min(label.at, above - LABEL_HEIGHT * unit);
    above = label.at;
  }
  // what was pushed out at the bottom pushes the others up again
  let below = low - LABEL_HEIGHT * unit;
  for (const label of wanted.toReversed()) {
    label.at = Math.max(label.at, below + LABEL_HEIGHT * unit);
    below = label.at;
  }
  return wanted.map(({ rate: shown, text, at }) => ({ rate: shown, text, at }));
}

function hints(state: LrGridState): ChartHints {
  return {
    link: { field: "rate", param: "rate" },
    ...(state.live ? {} : { actions: actionsOf(state) }),
  };
}

/** The best rate (or what the probe makes of it) first, then the others: the good ones when there are many. */
function actionsOf({ lrs, best, verdicts: judged, eps0, experiment }: LrGridState): Action[] {
  const insert = (value: number, label: string): Action => ({
    label,
    title: `Put ${rate(value)} where the cell gives maxLr or lr`,
    do: { kind: "set-option", options: ["maxLr", "lr"], value: roundedRate(value), experiment },
  });
  if (best < 0) return [];
  const first = eps0?.rate ?? (lrs[best] as number);
  const places = lrs.map((_, i) => i).filter((i) => (eps0 !== null || i !== best) && judged[i] !== "diverging");
  const few = places.length < MOST_ACTIONS ? places : places.filter((i) => judged[i] === "good");
  return [
    insert(first, `Insert ${rate(first)}`),
    ...few.slice(0, MOST_ACTIONS - 1).map((i) => insert(lrs[i] as number, `${rate(lrs[i] as number)} ${judged[i]}`)),
  ];
}
