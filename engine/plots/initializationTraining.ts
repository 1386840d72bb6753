import { median } from "../tensor/median.ts";
import { encodeColumns } from "./columns.ts";
import { ema } from "./ema.ts";
import { count, significant } from "./format.ts";
import { logAxis } from "./logAxis.ts";
import { definePlot, type Spec } from "./plot.ts";

export interface InitializationTrainingState {
  readonly names: readonly string[];
  /** Loss of every step by name and seed; NaN once it diverged, and for steps that are not done. */
  readonly curves: readonly (readonly Float64Array[])[];
  readonly done: number;
  readonly steps: number;
}

/** Points of a line at most. */
const MOST_POINTS = 300;
const SMOOTHING = 0.9;

export const initializationTraining = definePlot<InitializationTrainingState>({
  kind: "plot",
  summary:
    "How the loss falls from different initial weights, as a line for each initializer and a band over its seeds.",

  title: (state) => {
    const { names, done, steps } = state;
    const ends = endsOf(state);
    const best = ends.reduce((a, b, i) => (b < (ends[a] as number) || Number.isNaN(ends[a] as number) ? i : a), 0);
    if (done < steps)
      return `Training from ${count(names.length, "initialization")}: ${done} of ${count(steps, "step")}`;
    if (ends.every(Number.isNaN)) return `Every initialization diverged within ${count(steps, "step")}`;
    return `${names[best]} is lowest after ${count(steps, "step")}: loss ${significant(ends[best])}`;
  },

  text: (state) => {
    const ends = endsOf(state);
    const said = state.names.map((name, i) => {
      const end = ends[i] as number;
      return `${name} ${Number.isNaN(end) ? "diverged" : significant(end)}`;
    });
    return `smoothed training loss after ${count(state.done, "step")}, median over ${state.curves[0]?.length ?? 0} seeds: ${said.join(", ")}`;
  },

  spec: (state) => {
    const { names, steps } = state;
    const x = {
      field: "step",
      type: "quantitative",
      title: "step",
      scale: { domain: [0, steps], nice: false },
      axis: { tickMinStep: 1, tickCount: 8 },
    };
    const color = {
      field: "net",
      type: "nominal",
      sort: names,
      scale: { domain: names, range: "category" },
      legend: { title: null, orient: "top", symbolOpacity: 1 },
    };
    const y = (field: string): Spec => ({
      field,
      type: "quantitative",
      title: "training loss (smoothed)",
      scale: { type: "log", nice: false },
      axis: logAxis(rowsOf(state).map(({ median }) => median)),
    });
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      width: 600,
      height: 240,
      data: { name: "curves" },
      encoding: { x, color },
      layer: [
        { mark: { type: "area", opacity: 0.15 }, encoding: { y: y("low"), y2: { field: "high" } } },
        {
          mark: { type: "line", strokeWidth: 2 },
          encoding: {
            y: y("median"),
            tooltip: [
              { field: "net", title: "initializer" },
              { field: "step", title: "step" },
              { field: "median", title: "loss", format: ".3g" },
            ],
          },
        },
      ],
    };
  },

  datasets: (state) => {
    const rows = rowsOf(state);
    const numbers = encodeColumns({
      step: rows.map((r) => r.step),
      median: rows.map((r) => r.median),
      low: rows.map((r) => r.low),
      high: rows.map((r) => r.high),
    });
    return { curves: { net: { text: rows.map(({ net }) => net) }, ...numbers } };
  },

  example: () => {
    const curve = (rate: number) => Float64Array.from({ length: 40 }, (_, i) => 0.1 + 2.2 * Math.exp(-i * rate));
    return {
      names: ["kaimingNormal", "zeros"],
      curves: [
        [curve(0.1), curve(0.12)],
        [curve(0), curve(0.001)],
      ],
      done: 40,
      steps: 40,
    };
  },
});

const endsOf = ({ curves, done }: InitializationTrainingState): number[] =>
  curves.map((seeds) => median(seeds.map((loss) => ema(loss.subarray(0, done), SMOOTHING).at(-1) ?? Number.NaN)));

/** A row for each line and shown step. */
function rowsOf({ names, curves, done }: InitializationTrainingState) {
  const every = Math.max(1, Math.ceil(done / MOST_POINTS));
  return names.flatMap((net, i) => {
    const smooth = (curves[i] ?? []).map((loss) => ema(loss.subarray(0, done), SMOOTHING));
    return Array.from({ length: Math.ceil(done / every) }, (_, k) => {
      const at = Math.min(done - 1, (k + 1) * every - 1);
      const here = smooth.map((loss) => loss[at] as number).filter((v) => v > 0);
      return {
        net,
        step: at + 1,
        median: median(here),
        low: here.length ? Math.min(...here) : Number.NaN,
        high: here.length ? Math.max(...here) : Number.NaN,
      };
    });
  });
}
