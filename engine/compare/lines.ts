import type { CompareView, RunFacts } from "../protocol/index.ts";

/** One curve of a chart: of a run, or the mean of several with its extremes. */
export interface Line {
  readonly label: string;
  /** Place of its group, which decides colour and shape. */
  readonly place: number;
  readonly part: "validation" | "training";
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Empty for a single run. */
  readonly low: readonly number[];
  readonly high: readonly number[];
}

interface Group {
  readonly label: string;
  readonly place: number;
  readonly runs: readonly RunFacts[];
}

/** Points of a line at most, and of all lines together. */
const MOST_POINTS = 500;
const MOST_IN_ALL = 6000;
const FEWEST = 24;

/** Figures of single steps. */
const OF_STEPS = { loss: "trainLoss", lr: "lr", gradientNorm: "gradientNorm" } as const;

/** The curves that show a figure: training by step where steps have it, else by epoch; validation by epoch. */
export function linesOf(groups: readonly Group[], figure: string, view: CompareView): Line[] {
  const most = Math.max(FEWEST, Math.min(MOST_POINTS, Math.floor(MOST_IN_ALL / Math.max(1, 2 * groups.length))));
  return groups.flatMap(({ label, place, runs }) => {
    const line = (part: Line["part"], curves: readonly Curve[], binned: boolean): Line[] => {
      const { x, mean, low, high } = binned ? binnedBand(curves, most) : alignedBand(curves, most);
      if (x.length === 0) return [];
      const several = curves.length > 1;
      return [{ label, place, part, x, y: mean, low: several ? low : [], high: several ? high : [] }];
    };
    const ofSteps = Object.hasOwn(OF_STEPS, figure);
    const training = ofSteps
      ? line(
          "training",
          runs.map((run) => stepCurve(run, OF_STEPS[figure as keyof typeof OF_STEPS], view)),
          true,
        )
      : line(
          "training",
          runs.map((run) => epochCurve(run, "train", figure, view)),
          false,
        );
    const validation = line(
      "validation",
      runs.map((run) => epochCurve(run, "valid", figure, view)),
      false,
    );
    return [...validation, ...training];
  });
}

/** Finite values in the order of x. */
interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

function stepCurve(run: RunFacts, column: "trainLoss" | "lr" | "gradientNorm", view: CompareView): Curve {
  const { step } = run.history;
  const values = run.history[column];
  const smooth = column === "lr" ? values : smoothed(values, view.smoothing);
  return finite(step.map(along(run, view)), smooth);
}

function epochCurve(run: RunFacts, part: "train" | "valid", figure: string, view: CompareView): Curve {
  const values = run.history[part][figure] ?? [];
  return finite(run.history.epochStep.slice(0, values.length).map(along(run, view)), values);
}

/** Where a step stands on the axis. Logs do not say when a step was made: seconds are at an even pace. */
function along(run: RunFacts, { x }: CompareView): (step: number) => number {
  if (x === "step") return (step) => step;
  if (x === "time") return (step) => (run.steps > 0 ? (step * run.seconds) / run.steps : Number.NaN);
  const { epoch, epochStep } = run.history;
  const perEpoch = (epochStep.at(-1) ?? run.steps) / (epoch.at(-1) ?? run.epochs);
  return (step) => step / perEpoch;
}

const finite = (x: readonly number[], y: readonly number[]): Curve => {
  const places = x.flatMap((at, i) => (Number.isFinite(at) && Number.isFinite(y[i]) ? [i] : []));
  return { x: places.map((i) => x[i] as number), y: places.map((i) => y[i] as number) };
};

/** The moving average s = w s + (1 - w) y, corrected for its start; what is missing is passed over. */
function smoothed(values: readonly number[], weight: number): readonly number[] {
  if (!(weight > 0)) return values;
  let [sum, norm] = [0, 0];
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    sum = weight * sum + (1 - weight) * value;
    norm = weight * norm + (1 - weight);
    return sum / norm;
  });
}

interface Band {
  readonly x: number[];
  readonly mean: number[];
  readonly low: number[];
  readonly high: number[];
}

/** Means over equal stretches of the axis, then over the runs. */
function binnedBand(curves: readonly Curve[], most: number): Band {
  const all = curves.reduce((n, { x }) => Math.max(n, x.length), 0);
  if (curves.length === 1 && all <= most) return alignedBand(curves, most);
  const [from, to] = curves.reduce(
    ([low, high], { x }) => [Math.min(low, x[0] ?? low), Math.max(high, x.at(-1) ?? high)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as [number, number],
  );
  const bins = Math.min(most, all);
  const width = (to - from) / Math.max(1, bins);
  const binOf = (x: number) => (width > 0 ? Math.min(bins - 1, Math.floor((x - from) / width)) : 0);
  const means = curves.map(({ x, y }) => {
    const sums = new Map<number, { sum: number; count: number }>();
    for (const [i, at] of x.entries()) {
      const bin = binOf(at);
      const { sum, count } = sums.get(bin) ?? { sum: 0, count: 0 };
      sums.set(bin, { sum: sum + (y[i] as number), count: count + 1 });
    }
    return new Map([...sums].map(([bin, { sum, count }]) => [from + (bin + 0.5) * width, sum / count] as const));
  });
  return bandOf(means);
}

/** Values at the places that any run has; every so many-th where that is too many, and the last. */
function alignedBand(curves: readonly Curve[], most: number): Band {
  const stride = Math.max(1, ...curves.map(({ x }) => Math.ceil(x.length / most)));
  return bandOf(
    curves.map(({ x, y }) => {
      const kept = x.flatMap((at, i) =>
        i % stride === stride - 1 || i === x.length - 1 ? [[at, y[i] as number] as const] : [],
      );
      return new Map(kept);
    }),
  );
}

function bandOf(runs: readonly ReadonlyMap<number, number>[]): Band {
  const x = [...new Set(runs.flatMap((points) => [...points.keys()]))].sort((a, b) => a - b);
  const values = x.map((at) => runs.flatMap((points) => points.get(at) ?? []));
  return {
    x,
    mean: values.map((own) => own.reduce((a, b) => a + b, 0) / own.length),
    low: values.map((own) => Math.min(...own)),
    high: values.map((own) => Math.max(...own)),
  };
}
