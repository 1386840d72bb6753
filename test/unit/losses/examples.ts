import { loss as losses } from "../../../engine/losses/index.ts";

/** One way to call a loss, small data for it, and its formula as a plain f64 loop. */
export interface Example {
  readonly options: Readonly<Record<string, unknown>>;
  readonly output: readonly number[];
  /** "classes" are numbers below the last axis of the output, "labels" 0 and 1, "signs" 1 and -1, "shares" add up to 1 along the last axis. */
  readonly target: "classes" | "labels" | "signs" | "values" | "counts" | "shares" | "logShares" | "none";
  readonly targetShape?: readonly number[];
  /** "probabilities" lie between 0 and 1, "positive" above 0. */
  readonly draw?: "probabilities" | "positive" | "logProbabilities";
  /** Rows are examples: `o` [N][...], `t` alike. Losses of the elements, and what the mean divides by where it is not their number. */
  readonly formula: (o: readonly number[][], t: readonly number[][]) => readonly number[] | Weighted;
  /** The loss of a batch is no sum over its examples. */
  readonly mixes?: true;
}

interface Weighted {
  readonly each: readonly number[];
  readonly count: number;
}

const { exp, log, abs, max, min, hypot } = Math;
const sum = (v: readonly number[]) => v.reduce((a, b) => a + b, 0);
const sigmoid = (x: number) => 1 / (1 + exp(-x));
const softmax = (row: readonly number[], T = 1) => {
  const e = row.map((x) => exp(x / T));
  return e.map((v) => v / sum(e));
};
const pairs = (o: readonly number[][], t: readonly number[][], f: (x: number, y: number, column: number) => number) =>
  o.flatMap((row, n) => row.map((x, k) => f(x, t[n]?.[k] as number, k)));
const rows = (
  o: readonly number[][],
  t: readonly number[][],
  f: (row: readonly number[], y: readonly number[]) => number,
) => o.map((row, n) => f(row, t[n] as number[]));
const at = (row: readonly number[], i: number) => row[i] as number;
const distance = (a: readonly number[], b: readonly number[], p = 2, eps = 1e-6) =>
  sum(a.map((v, i) => abs(v - at(b, i) + eps) ** p)) ** (1 / p);
const part = (row: readonly number[], i: number, size: number) => row.slice(i * size, (i + 1) * size);

/** Cross entropy over class numbers with everything. */
const entropy =
  (
    weight: readonly number[] | null,
    ignored: number | null,
    smooth: number,
    logs: (row: readonly number[]) => number[],
  ) =>
  (o: readonly number[][], t: readonly number[][]): Weighted => {
    const each: number[] = [];
    let count = 0;
    for (const [n, row] of o.entries()) {
      const y = t[n]?.[0] as number;
      const w = weight ? at(weight, y) : 1;
      const lp = logs(row);
      const even = sum(lp.map((v, c) => (weight ? at(weight, c) : 1) * v)) / lp.length;
      each.push(y === ignored ? 0 : -(1 - smooth) * w * at(lp, y) - smooth * even);
      count += y === ignored ? 0 : w;
    }
    return { each, count };
  };
const logSoftmax = (row: readonly number[]) => softmax(row).map(log);
const bce = (p: number, t: number) => -(t * max(log(p), -100) + (1 - t) * max(log(1 - p), -100));
const mined =
  (margin: number, p: number, hard: boolean) =>
  (o: readonly number[][], t: readonly number[][]): Weighted => {
    const all = o.map((_, i) => i);
    const same = (i: number) => all.filter((j) => j !== i && t[j]?.[0] === t[i]?.[0]);
    const other = (i: number) => all.filter((j) => t[j]?.[0] !== t[i]?.[0]);
    const d = (i: number, j: number) => distance(o[i] as number[], o[j] as number[], p);
    const each = all.flatMap((i) => {
      if (!hard) return same(i).flatMap((j) => other(i).map((k) => max(0, d(i, j) - d(i, k) + margin)));
      if (same(i).length === 0 || other(i).length === 0) return [];
      return [max(0, max(...same(i).map((j) => d(i, j))) - min(...other(i).map((k) => d(i, k))) + margin)];
    });
    return { each, count: each.length };
  };

/** Every loss of the registry, each of its options away from its default at least once. */
export const examples: Readonly<Record<keyof typeof losses, readonly Example[]>> = {
  mse: [{ options: {}, output: [4, 3], target: "values", formula: (o, t) => pairs(o, t, (x, y) => (x - y) ** 2) }],
  mae: [{ options: {}, output: [4, 3], target: "values", formula: (o, t) => pairs(o, t, (x, y) => abs(x - y)) }],
  huber: [
    {
      options: { delta: 0.7 },
      output: [4, 3],
      target: "values",
      formula: (o, t) => pairs(o, t, (x, y) => (abs(x - y) < 0.7 ? (x - y) ** 2 / 2 : 0.7 * (abs(x - y) - 0.35))),
    },
  ],
  smoothL1: [
    {
      options: { beta: 0.7 },
      output: [4, 3],
      target: "values",
      formula: (o, t) => pairs(o, t, (x, y) => (abs(x - y) < 0.7 ? (x - y) ** 2 / 1.4 : abs(x - y) - 0.35)),
    },
    { options: { beta: 0 }, output: [4, 3], target: "values", formula: (o, t) => pairs(o, t, (x, y) => abs(x - y)) },
  ],
  crossEntropy: [
    { options: {}, output: [6, 3], target: "classes", formula: entropy(null, null, 0, logSoftmax) },
    {
      options: { weight: [0.5, 2, 1], ignoreIndex: 1, labelSmoothing: 0.2, dim: -1 },
      output: [6, 3],
      target: "classes",
      formula: entropy([0.5, 2, 1], 1, 0.2, logSoftmax),
    },
    {
      options: { weight: [0.5, 2, 1], labelSmoothing: 0.2 },
      output: [6, 3],
      target: "shares",
      formula: (o, t) =>
        rows(
          o,
          t,
          (row, y) => -sum(logSoftmax(row).map((v, c) => at([0.5, 2, 1], c) * (0.8 * at(y, c) + 0.2 / 3) * v)),
        ),
    },
  ],
  nll: [
    {
      options: { weight: [0.5, 2, 1], ignoreIndex: 2, dim: 1 },
      output: [6, 3],
      target: "classes",
      formula: entropy([0.5, 2, 1], 2, 0, (row) => [...row]),
    },
  ],
  bce: [
    {
      options: { weight: [0.5, 2, 1] },
      output: [4, 3],
      draw: "probabilities",
      target: "labels",
      formula: (o, t) => pairs(o, t, (p, y, k) => at([0.5, 2, 1], k) * bce(p, y)),
    },
  ],
  bceWithLogits: [
    {
      options: { weight: [0.5, 2, 1], posWeight: [3, 0.5, 1] },
      output: [4, 3],
      target: "labels",
      formula: (o, t) =>
        pairs(o, t, (x, y, k) => {
          const p = sigmoid(x);
          return -at([0.5, 2, 1], k) * (at([3, 0.5, 1], k) * y * log(p) + (1 - y) * log(1 - p));
        }),
    },
  ],
  focal: [
    {
      options: { alpha: 0.7, gamma: 1.5 },
      output: [4, 3],
      target: "labels",
      formula: (o, t) =>
        pairs(o, t, (x, y) => {
          const p = sigmoid(x);
          const pt = p * y + (1 - p) * (1 - y);
          return (0.7 * y + 0.3 * (1 - y)) * (1 - pt) ** 1.5 * bce(p, y);
        }),
    },
    {
      options: { alpha: -1 },
      output: [4, 3],
      target: "classes",
      formula: (o, t) =>
        o.flatMap((row, n) =>
          row.map((x, c) => {
            const p = t[n]?.[0] === c ? sigmoid(x) : 1 - sigmoid(x);
            return (1 - p) ** 2 * -log(p);
          }),
        ),
    },
  ],
  hinge: [
    {
      options: { margin: 0.6 },
      output: [4, 3],
      target: "signs",
      formula: (o, t) => pairs(o, t, (x, y) => max(0, 0.6 - y * x)),
    },
    {
      options: { squared: true },
      output: [4, 3],
      target: "signs",
      formula: (o, t) => pairs(o, t, (x, y) => max(0, 1 - y * x) ** 2),
    },
  ],
  hingeEmbedding: [
    {
      options: { margin: 0.6 },
      output: [4, 3],
      target: "signs",
      formula: (o, t) => pairs(o, t, (x, y) => (y === 1 ? x : max(0, 0.6 - x))),
    },
  ],
  marginRanking: [
    {
      options: { margin: 0.3 },
      output: [5, 2],
      target: "signs",
      targetShape: [5],
      formula: (o, t) => rows(o, t, ([a, b], [y]) => max(0, -(y as number) * ((a as number) - (b as number)) + 0.3)),
    },
  ],
  softMargin: [
    { options: {}, output: [4, 3], target: "signs", formula: (o, t) => pairs(o, t, (x, y) => log(1 + exp(-y * x))) },
  ],
  multiLabelSoftMargin: [
    {
      options: { weight: [0.5, 2, 1] },
      output: [4, 3],
      target: "labels",
      formula: (o, t) =>
        rows(o, t, (row, y) => sum(row.map((x, k) => at([0.5, 2, 1], k) * bce(sigmoid(x), at(y, k)))) / 3),
    },
  ],
  multiMargin: [
    {
      options: { p: 2, margin: 0.8, weight: [0.5, 2, 1] },
      output: [5, 3],
      target: "classes",
      formula: (o, t) =>
        rows(o, t, (row, [y]) => {
          const own = y as number;
          return (
            (at([0.5, 2, 1], own) * sum(row.map((x, i) => (i === own ? 0 : max(0, 0.8 - at(row, own) + x) ** 2)))) / 3
          );
        }),
    },
  ],
  multiLabelMargin: [
    {
      options: {},
      output: [4, 3],
      target: "labels",
      formula: (o, t) =>
        rows(
          o,
          t,
          (row, y) =>
            sum(
              row.flatMap((xj, j) =>
                row.map((xi, i) => (at(y, j) === 1 && at(y, i) === 0 ? max(0, 1 - (xj - xi)) : 0)),
              ),
            ) / 3,
        ),
    },
  ],
  klDiv: [
    {
      options: {},
      output: [4, 3],
      draw: "logProbabilities",
      target: "shares",
      formula: (o, t) => pairs(o, t, (x, y) => y * (log(y) - x)),
    },
    {
      options: { logTarget: true, reduction: "batchmean" },
      output: [4, 3],
      draw: "logProbabilities",
      target: "logShares",
      formula: (o, t) => ({ each: pairs(o, t, (x, y) => exp(y) * (y - x)), count: 4 }),
    },
  ],
  distillation: [
    {
      options: { temperature: 3 },
      output: [4, 3],
      target: "values",
      formula: (o, t) =>
        rows(o, t, (row, y) => {
          const [s, q] = [softmax(row, 3), softmax(y, 3)];
          return 9 * sum(q.map((v, c) => v * log(v / at(s, c))));
        }),
    },
  ],
  poissonNll: [
    {
      options: { full: true },
      output: [4, 3],
      target: "counts",
      formula: (o, t) =>
        pairs(o, t, (x, y) => exp(x) - y * x + (y > 1 ? y * log(y) - y + 0.5 * log(2 * Math.PI * y) : 0)),
    },
    {
      options: { logInput: false, eps: 0.1 },
      output: [4, 3],
      draw: "positive",
      target: "counts",
      formula: (o, t) => pairs(o, t, (x, y) => x - y * log(x + 0.1)),
    },
  ],
  gaussianNll: [
    {
      options: { full: true, logVariance: true },
      output: [4, 4],
      target: "values",
      targetShape: [4, 2],
      formula: (o, t) =>
        o.flatMap((row, n) =>
          [0, 1].map((k) => {
            const v = exp(at(row, 2 + k));
            return 0.5 * (log(2 * Math.PI * v) + (at(row, k) - (t[n]?.[k] as number)) ** 2 / v);
          }),
        ),
    },
    {
      options: { eps: 1e-3 },
      output: [4, 2],
      draw: "positive",
      target: "values",
      targetShape: [4],
      formula: (o, t) =>
        rows(o, t, ([m, v], [y]) => 0.5 * (log(v as number) + ((m as number) - (y as number)) ** 2 / (v as number))),
    },
  ],
  cosineEmbedding: [
    {
      options: { margin: -0.5 },
      output: [5, 2, 3],
      target: "signs",
      targetShape: [5],
      formula: (o, t) =>
        rows(o, t, (row, [y]) => {
          const [a, b] = [part(row, 0, 3), part(row, 1, 3)];
          const cos = sum(a.map((v, i) => v * at(b, i))) / (hypot(...a) * hypot(...b));
          return y === 1 ? 1 - cos : max(0, cos + 0.5);
        }),
    },
  ],
  tripletMargin: [
    {
      options: { margin: 2, p: 3, swap: true, eps: 0.01 },
      output: [5, 3, 2],
      target: "none",
      targetShape: [5, 1],
      formula: (o) =>
        o.map((row) => {
          const [a, p, n] = [part(row, 0, 2), part(row, 1, 2), part(row, 2, 2)];
          return max(0, distance(a, p, 3, 0.01) - min(distance(a, n, 3, 0.01), distance(p, n, 3, 0.01)) + 2);
        }),
    },
    { options: { margin: 1.5 }, output: [6, 3], target: "classes", formula: mined(1.5, 2, true), mixes: true },
    {
      options: { margin: 1.5, p: 1, mining: "all" },
      output: [6, 3],
      target: "classes",
      formula: mined(1.5, 1, false),
      mixes: true,
    },
  ],
  dice: [
    {
      options: { smooth: 0.5 },
      output: [4, 3],
      target: "labels",
      formula: (o, t) =>
        rows(o, t, (row, y) => {
          const p = row.map(sigmoid);
          return 1 - (2 * sum(p.map((v, i) => v * at(y, i))) + 0.5) / (sum(p) + sum(y) + 0.5);
        }),
    },
    {
      options: { dim: -1 },
      output: [4, 3],
      target: "classes",
      formula: (o, t) => rows(o, t, (row, [y]) => 1 - (2 * at(softmax(row), y as number) + 1) / 3),
    },
  ],
  sum: [
    {
      options: { terms: [{ weight: 0.25, loss: losses.mse() }, { loss: losses.mae({ reduction: "sum" }) }] },
      output: [4, 3],
      target: "values",
      formula: (o, t) => {
        const squares = sum(pairs(o, t, (x, y) => (x - y) ** 2)) / 12;
        return [0.25 * squares + sum(pairs(o, t, (x, y) => abs(x - y)))];
      },
    },
  ],
};
