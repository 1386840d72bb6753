import type { transforms } from "../../../../engine/data/index.ts";

type Columns = readonly (readonly number[])[];

/**
 * What each transform makes of column-wise data, from its formula alone: plain loops in f64 over columns, with default options. An entry
 * of the registry that has none here fails its law.
 */
export const references: { readonly [K in keyof typeof transforms]: (train: Columns, given: Columns) => Columns } = {
  affine: (_, given) => given,
  center: (train, given) => each(given, (x, c) => x - mean(train[c])),
  encode: (train, given) => each(given, (x, c) => distinct(train[c]).indexOf(x) + 1),
  impute: (train, given) => each(given, (x, c) => (Number.isNaN(x) ? median(train[c]) : x)),
  log: (_, given) => each(given, (x) => Math.log(1 + x)),
  maxAbs: (train, given) => each(given, (x, c) => x / Math.max(...column(train, c).map(Math.abs))),
  minMax: (train, given) =>
    each(given, (x, c) => {
      const own = column(train, c);
      return (x - Math.min(...own)) / (Math.max(...own) - Math.min(...own));
    }),
  oneHot: (train, given) =>
    given.flatMap((values, c) => distinct(train[c]).map((category) => values.map((x) => Number(x === category)))),
  // any rotation onto uncorrelated columns of the same total variance is checked by a law of its own; here by power iteration
  pca: (train, given) => projected(train, given, () => 1),
  robust: (train, given) =>
    each(given, (x, c) => (x - median(train[c])) / (quantile(train[c], 0.75) - quantile(train[c], 0.25))),
  standardize: (train, given) => each(given, (x, c) => (x - mean(train[c])) / deviation(train[c])),
  // two channels of half the columns each
  standardizeChannels: (train, given) =>
    each(given, (x, c) => {
      const half = train.length / 2;
      const own = (c < half ? train.slice(0, half) : train.slice(half)).flat();
      return (x - mean(own)) / deviation(own);
    }),
  whiten: (train, given) => projected(train, given, (variance) => Math.sqrt(variance + 1e-5)),
  zca: (train, given) => {
    const axes = principal(train);
    const coordinates = projected(train, given, (variance) => Math.sqrt(variance + 1e-5));
    return train.map((_, c) =>
      column(given, 0).map((_, r) =>
        axes.reduce((sum, { vector }, k) => sum + (coordinates[k]?.[r] as number) * (vector[c] as number), 0),
      ),
    );
  },
};

const column = (columns: Columns, c: number): readonly number[] => columns[c] as readonly number[];

const each = (columns: Columns, f: (x: number, c: number) => number): Columns =>
  columns.map((values, c) => values.map((x) => f(x, c)));

const there = (values: readonly number[] = []) => values.filter((x) => !Number.isNaN(x));

const mean = (values: readonly number[] = []): number => values.reduce((a, b) => a + b, 0) / values.length;

const deviation = (values: readonly number[] = []): number =>
  Math.sqrt(mean(values.map((x) => (x - mean(values)) ** 2)));

const distinct = (values: readonly number[] = []): number[] => [...new Set(values)].sort((a, b) => a - b);

/** Linear between the two nearest, by counting how many lie below. */
function quantile(values: readonly number[] = [], q: number): number {
  const sorted = there(values).sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number];
  return low * (1 - (at % 1)) + high * (at % 1);
}

const median = (values: readonly number[] = []): number => quantile(values, 0.5);

interface Axis {
  readonly vector: readonly number[];
  /** Variance along it, divided by N. */
  readonly value: number;
}

/** Power iteration with deflation: slow, and nothing of the engine's. */
function principal(columns: Columns): Axis[] {
  const centred = columns.map((values) => values.map((x) => x - mean(values)));
  const matrix = centred.map((a) => centred.map((b) => mean(a.map((x, r) => x * (b[r] as number)))));
  return columns.map(() => {
    let vector = columns.map((_, i) => Math.cos(i + 1));
    let value = 0;
    for (let round = 0; round < 20_000; round++) {
      const next = matrix.map((row) => row.reduce((sum, x, j) => sum + x * (vector[j] as number), 0));
      value = Math.hypot(...next);
      vector = next.map((x) => x / value);
    }
    for (const [i, row] of matrix.entries())
      for (const j of row.keys()) row[j] = (row[j] as number) - value * (vector[i] as number) * (vector[j] as number);
    const most = vector.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    return { vector: vector.map((x) => x * Math.sign(most)), value };
  });
}

/** Coordinates along the axes, each divided by `spread` of the variance along it. */
function projected(train: Columns, given: Columns, spread: (variance: number) => number): Columns {
  return principal(train).map(({ vector, value }) =>
    column(given, 0).map(
      (_, r) => vector.reduce((sum, u, c) => sum + u * ((given[c]?.[r] as number) - mean(train[c])), 0) / spread(value),
    ),
  );
}
