import type { TaylorSteps } from "../diagnostics/curvature/taylorStep.ts";
import { encodeColumns } from "./columns.ts";
import { percent, significant } from "./format.ts";
import { logAxis } from "./logAxis.ts";
import { definePlot, type Spec } from "./plot.ts";

export interface TaylorState extends TaylorSteps {
  readonly name: string;
}

/** Steps whose change is below so many times the rounding of the loss say nothing. */
const AUDIBLE = 20;
/** The vertical axis ends here: beyond, steps do harm, and how much does not matter. */
const LOWEST = -1.5;
const SERIES = ["slope and curvature", "actual"];

export const taylor = definePlot<TaylorState>({
  kind: "plot",
  summary: "How much of what the slope promises a gradient step keeps, by rate.",

  title: (state) => {
    const step = state.steps.find(({ lr }) => lr === state.lr) ?? (state.steps.at(-1) as (typeof state.steps)[number]);
    const { lr, slope, curvature, actual, ratio } = step;
    const does =
      actual <= 0 ? `lowers the loss by ${significant(-actual)}` : `raises the loss by ${significant(actual)}`;
    if (ratio > 1) {
      return `ill-conditioned at rate ${significant(lr)}: the curvature term ${significant(curvature)} exceeds the slope's ${significant(-slope)}; the step ${does}`;
    }
    if (curvature < 0) return `a step of rate ${significant(lr)} ${does}: the loss bends down along the gradient`;
    return `a step of rate ${significant(lr)} ${does}, ${percent(actual / slope)} of what the slope promises; curvature takes ${percent(ratio)}`;
  },

  text: (state) => {
    const each = state.steps.map(
      ({ lr, predicted, actual }) =>
        `rate ${significant(lr)}: predicted ${significant(predicted)}, actual ${significant(actual)}`,
    );
    return `change of the loss ${significant(state.loss)} of ${state.name} by one gradient step; ${each.join("; ")}`;
  },

  spec: (state) => {
    const rates = state.steps.map(({ lr }) => lr);
    const x = {
      field: "lr",
      type: "quantitative",
      scale: { type: "log", nice: false },
      axis: { title: "rate of the gradient step", grid: false, ...logAxis(rates, 6) },
    };
    const y = {
      field: "kept",
      type: "quantitative",
      scale: { domain: [LOWEST, Math.max(1.15, ...kept(state).filter((v) => v < 3)) + 0.05], nice: false, zero: false },
      axis: { title: null, format: ".0%", values: [-1, 0, 1, 2] },
    };
    const series = (domain: readonly string[]): Spec => ({
      field: "series",
      type: "nominal",
      scale: { domain, range: "category" },
      legend: { title: null, orient: "top" },
    });
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: {} },
      vconcat: [
        {
          name: "kept",
          title: {
            text: "drop of the loss, as a share of rate x |gradient|\u00b2 that the slope promises",
            anchor: "start",
            frame: "group",
          },
          width: 600,
          height: 220,
          layer: [
            { data: { name: "guides" }, mark: { type: "rule", opacity: 0.4, strokeDash: [2, 3] }, encoding: { y } },
            {
              data: { name: "own" },
              mark: { type: "rule", opacity: 0.7 },
              encoding: { x },
            },
            {
              data: { name: "own" },
              mark: { type: "text", align: "left", baseline: "bottom", dx: 4, dy: -3, text: "the optimizer's rate" },
              encoding: { x, y: { value: 220 } },
            },
            {
              data: { name: "steps" },
              mark: { type: "line", strokeWidth: 2, clip: true, point: { size: 36, filled: true } },
              encoding: {
                x,
                y,
                color: series(SERIES),
                strokeDash: {
                  ...series(SERIES),
                  scale: {
                    domain: SERIES,
                    range: [
                      [4, 3],
                      [1, 0],
                    ],
                  },
                },
                tooltip: [
                  { field: "series", title: "change" },
                  { field: "lr", type: "quantitative", title: "rate", format: ".3~g" },
                  { field: "change", type: "quantitative", title: "of the loss", format: ".3~g" },
                  { field: "kept", type: "quantitative", title: "share of the slope's", format: ".1%" },
                ],
              },
            },
          ],
        },
      ],
    };
  },

  datasets: (state) => {
    const heard = (change: number) => Math.abs(change) > AUDIBLE * state.resolution;
    const rows = state.steps.flatMap(({ lr, slope, predicted, actual }) => [
      { series: SERIES[0] as string, lr, change: predicted, kept: predicted / slope },
      { series: SERIES[1] as string, lr, change: actual, kept: heard(actual) ? actual / slope : Number.NaN },
    ]);
    const column = (name: "lr" | "change" | "kept") => rows.map((row) => row[name]);
    return {
      steps: {
        ...encodeColumns({ lr: column("lr"), change: column("change"), kept: column("kept") }),
        series: { text: rows.map(({ series }) => series) },
      },
      guides: encodeColumns({ kept: [0, 1] }),
      own: encodeColumns({ lr: Number.isFinite(state.lr) ? [state.lr] : [] }),
    };
  },

  example: () => {
    const [gg, gHg, lr] = [0.2, 1.6, 0.1];
    const steps = [0.01, 0.03, 0.1, 0.3].map((rate) => {
      const [slope, curvature] = [-rate * gg, (rate * rate * gHg) / 2];
      return {
        lr: rate,
        slope,
        curvature,
        predicted: slope + curvature,
        actual: slope + 0.9 * curvature,
        ratio: curvature / -slope,
      };
    });
    return {
      name: "example",
      loss: 0.9,
      gradientNorm: Math.sqrt(gg),
      alongGradient: 8,
      samples: 512,
      training: false,
      lr,
      steps,
      illConditioned: false,
      resolution: 2e-7,
    };
  },
});

const kept = ({ steps }: TaylorState): number[] =>
  steps.flatMap(({ slope, predicted, actual }) => [predicted / slope, actual / slope]);
