import type { RunHistory } from "../protocol/index.ts";

/** A curve of several runs: their mean and extremes at the steps of any of them. */
export interface Band {
  readonly step: readonly number[];
  readonly mean: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Each run by itself at the same steps, NaN where it has no value; empty for one run. */
  readonly each: readonly (readonly number[])[];
}

type Curves = readonly { readonly history: RunHistory }[];

/** Points of a band at most. */
const MOST_POINTS = 150;

/** A run's values by step. */
type Points = ReadonlyMap<number, number>;

function band(runs: readonly Points[]): Band {
  const step = [...new Set(runs.flatMap((points) => [...points.keys()]))].sort((a, b) => a - b);
  const values = step.map((at) => runs.flatMap((points) => points.get(at) ?? []));
  return {
    step,
    mean: values.map((v) => v.reduce((a, b) => a + b, 0) / v.length),
    low: values.map((v) => Math.min(...v)),
    high: values.map((v) => Math.max(...v)),
    each: runs.length < 2 ? [] : runs.map((points) => step.map((at) => points.get(at) ?? Number.NaN)),
  };
}

/** Figures of epochs, thinned to the points that a chart can show. */
export function epochBand(runs: Curves, part: "train" | "valid", key: string): Band {
  return band(
    runs.map(({ history }) => {
      const values = history[part][key] ?? [];
      const stride = Math.ceil(values.length / MOST_POINTS);
      const points = new Map<number, number>();
      for (const [i, step] of history.epochStep.entries()) {
        const value = values[i];
        if (value === undefined || !Number.isFinite(value)) continue;
        if (i % stride === stride - 1 || i === values.length - 1) points.set(step, value);
      }
      return points;
    }),
  );
}

/** Training losses of steps, as means over equal stretches of the longest run. */
export function lossBand(runs: Curves): Band {
  const most = Math.max(1, ...runs.map(({ history }) => history.step.at(-1) ?? 1));
  const width = Math.max(1, most / MOST_POINTS);
  return band(
    runs.map(({ history }) => {
      const sums = new Map<number, { sum: number; count: number }>();
      for (const [i, step] of history.step.entries()) {
        const value = history.trainLoss[i] as number;
        if (!Number.isFinite(value)) continue;
        const bin = Math.ceil(step / width);
        const { sum, count } = sums.get(bin) ?? { sum: 0, count: 0 };
        sums.set(bin, { sum: sum + value, count: count + 1 });
      }
      return new Map(
        [...sums].map(([bin, { sum, count }]) => [Math.min(most, Math.round(bin * width)), sum / count] as const),
      );
    }),
  );
}
