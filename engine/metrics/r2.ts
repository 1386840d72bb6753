import { valueTarget } from "../losses/index.ts";
import { constant, mean, reshape, square, sub, sum, variance } from "../ops/index.ts";
import { defineMetric, one, type Sums } from "./definition.ts";

/**
 * 1 - sum (y - output)^2 / sum (y - mean)^2, over the whole set; of several targets the mean of theirs, as scikit-learn's. Batches give their
 * means and squares about them, which go together without loss (Chan, Golub & LeVeque 1979). NaN where a target never changes.
 */
export const r2 = defineMetric({
  summary: "Share of the targets' variance that is explained: 1 is all of it, 0 what their mean explains.",
  params: {},
  better: "higher",
  batch: ({ output, target }) => {
    const n = output.shape[0] ?? 1;
    const rows = (t: typeof output) => reshape(t, [n, t.size / n]);
    const y = rows(valueTarget("r2", output, target));
    return {
      count: constant(n),
      mean: mean(y, 0),
      squares: variance(y, 0, { correction: 0 }).mul(n),
      errors: sum(square(sub(rows(output), y)), 0),
    };
  },
  merge: (total, batch): Sums => {
    const [a, b] = [one(total, "count"), one(batch, "count")];
    const both = (name: string, how: (x: number, y: number, k: number) => number) =>
      (total[name] as Float64Array).map((x, k) => how(x, batch[name]?.[k] as number, k));
    const apart = (k: number) => (batch.mean?.[k] as number) - (total.mean?.[k] as number);
    return {
      count: Float64Array.of(a + b),
      mean: both("mean", (x, _, k) => x + (apart(k) * b) / (a + b)),
      squares: both("squares", (x, y, k) => x + y + (apart(k) ** 2 * a * b) / (a + b)),
      errors: both("errors", (x, y) => x + y),
    };
  },
  value: ({ errors = new Float64Array(), squares }) => {
    const each = Array.from(errors, (e, k) =>
      (squares?.[k] as number) === 0 ? Number.NaN : 1 - e / (squares?.[k] as number),
    );
    return each.reduce((a, b) => a + b, 0) / each.length;
  },
});
