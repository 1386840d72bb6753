import { encodeColumns } from "./columns.ts";
import { count, significant } from "./format.ts";
import { definePlot, type Spec } from "./plot.ts";

/** The rates of a schedule over a run. */
export interface ScheduleCurve {
  readonly name: string;
  readonly unit: "step" | "epoch";
  /** At each step. */
  readonly lr: Float64Array;
  /** At each step, where the schedule drives it. */
  readonly momentum: Float64Array | null;
  /** Sum of the rates. */
  readonly area: number;
  /** Whether its rates fulfil the conditions of Robbins and Monro, and why; empty where that is no question. */
  readonly converges: string;
  /** What is to be said of it, or nothing. */
  readonly note: string;
}

export interface SchedulesState {
  readonly curves: readonly ScheduleCurve[];
  readonly stepsPerEpoch: number;
}

/** More points than this no reader sees. */
const MOST_POINTS = 800;

export const schedulesPlot = definePlot<SchedulesState>({
  kind: "plot",
  summary: "Learning rates of schedules over the steps of a run that has not begun.",

  title: ({ curves }) => {
    const [only, ...others] = curves;
    const steps = count(only?.lr.length ?? 0, "step");
    if (only && others.length === 0) {
      return `${only.name}: learning rate ${significant(only.lr[0])} to ${significant(only.lr.at(-1))} in ${steps}${only.note && `, ${only.note}`}`;
    }
    const [most] = [...curves].sort((a, b) => b.area - a.area);
    return `${curves.length} schedules over ${steps}: ${most?.name} has the largest area, ${significant(most?.area)}`;
  },

  text: ({ curves }) =>
    curves
      .map(({ name, lr, area, converges, note }) =>
        [
          `${name} from ${significant(lr[0])} to ${significant(lr.at(-1))}`,
          `highest ${significant(lr.reduce((a, b) => Math.max(a, b), 0))}`,
          `area ${significant(area)}`,
          ...(converges ? [`conditions of Robbins and Monro: ${converges}`] : []),
          ...(note ? [note] : []),
        ].join(", "),
      )
      .join("; "),

  spec: (state) => {
    const momentum = state.curves.some((c) => c.momentum !== null);
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      spacing: 12,
      resolve: { scale: { x: "shared", color: "shared", strokeDash: "shared" } },
      vconcat: [
        panel(state, "lr", "learning rate", 240),
        ...(momentum ? [panel(state, "momentum", "momentum", 80)] : []),
      ],
    };
  },

  datasets: ({ curves }) => {
    const kept = curves.map(({ lr }) => thinned(lr.length));
    const column = (of: (curve: ScheduleCurve) => Float64Array | null) =>
      curves.flatMap((curve, i) => (kept[i] ?? []).map((step) => of(curve)?.[step] ?? Number.NaN));
    return {
      rates: {
        schedule: { text: curves.flatMap((curve, i) => (kept[i] ?? []).map(() => label(curve))) },
        ...encodeColumns({
          step: kept.flat(),
          lr: column((c) => c.lr),
          momentum: column((c) => c.momentum),
        }),
      },
    };
  },

  example: () => {
    const curve = (name: string, at: (t: number) => number, note = ""): ScheduleCurve => {
      const lr = Float64Array.from({ length: 20 }, (_, t) => Number(at(t).toFixed(6)));
      return { name, unit: "step", lr, momentum: null, converges: "", area: lr.reduce((a, b) => a + b), note };
    };
    return {
      curves: [
        curve("cosine", (t) => 0.05 * (1 + Math.cos((Math.PI * t) / 20))),
        curve("step", (t) => 0.1 * 0.1 ** Math.floor(t / 10)),
        curve("plateau", () => 0.1, "flat until loss stops improving"),
      ],
      stepsPerEpoch: 5,
    };
  },
});

/** What the legend says of a curve. */
const label = ({ name, lr, area, note }: ScheduleCurve): string =>
  `${name}: area ${significant(area)}, last ${significant(lr.at(-1))}${note && ` (${note})`}`;

/** Colours of the theme; the curves beyond have them again, dashed. */
const COLOURS = 6;
const DASHES = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
];
const dash = (_: unknown, i: number): readonly number[] => DASHES[Math.floor(i / COLOURS) % DASHES.length] as number[];

/** Steps that are drawn, the first and the last among them. */
function thinned(steps: number): number[] {
  const points = Math.min(steps, MOST_POINTS);
  return Array.from({ length: points }, (_, i) => (points < 2 ? 0 : Math.round((i * (steps - 1)) / (points - 1))));
}

function panel(
  { curves, stepsPerEpoch }: SchedulesState,
  field: "lr" | "momentum",
  title: string,
  height: number,
): Spec {
  const domain = curves.map(label);
  const legend = { title: null, orient: "bottom", columns: 1, labelLimit: 560, symbolSize: 500 };
  return {
    title: { text: title, anchor: "start", frame: "group" },
    width: 600,
    height,
    data: { name: "rates" },
    transform: [{ filter: `isValid(datum.${field})` }],
    mark: { type: "line", strokeWidth: 2, interpolate: "step-after" },
    encoding: {
      x: {
        field: "step",
        type: "quantitative",
        title: stepsPerEpoch > 1 ? `step (${stepsPerEpoch.toLocaleString("en-US")} per epoch)` : "step",
      },
      y: { field, type: "quantitative", title: null, scale: { zero: field === "lr" } },
      color: { field: "schedule", type: "nominal", scale: { domain, range: "category" }, legend },
      strokeDash: { field: "schedule", type: "nominal", scale: { domain, range: domain.map(dash) }, legend },
    },
  };
}
