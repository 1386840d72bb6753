import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { balancedWeights, classCounts } from "../../../engine/data/classWeights.ts";
import {
  type Assignment,
  foldOrder,
  groupedFolds,
  plainFolds,
  stratifiedFolds,
  timeFolds,
} from "../../../engine/data/folds.ts";
import { Fitted, type Rows, type Transform, transform } from "../../../engine/data/transforms/index.ts";
import { grid, halton, logUniform, sobol } from "../../../engine/search/index.ts";
import { type Case, type Numbers, Unsupported } from "../case.ts";
import type { Bench, Runner } from "../run.ts";

type Figures = Record<string, ArrayLike<number>>;

/** What prepares data, in f64 on the host. A case is told by its name; every figure that it may ask for is given, `_first5` cuts rows. */
export const preprocess: Runner = async (c, bench) => {
  const run = RUNNERS.find(([name]) => name.test(c.op)) ?? RUNNERS.find(([name]) => name.test(c.case));
  if (!run) throw new Unsupported(c.op);
  const found = new Map(Object.entries(run[1](c, bench)).map(([name, values]) => [canonical(name), values]));
  return Object.fromEntries(
    Object.entries(c.outputs).flatMap(([name, want]) => {
      const [, whole = name] = /^(.*?)_first_?\d+$/.exec(name) ?? [];
      const values = found.get(canonical(name)) ?? found.get(canonical(whole));
      if (values === undefined) return [];
      // fewer rows are shown than there are
      const cut =
        values.length > want.data.length &&
        (whole !== name || /^(test|train)$/.test(whole) || /shown/.test(String(c.config.test)));
      return [[name, cut ? Array.from(values).slice(0, want.data.length) : values]];
    }),
  );
};

const canonical = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]|_$/g, "");

const RUNNERS: readonly (readonly [RegExp, (c: Case, bench: Bench) => Figures])[] = [
  [/class.?weight/i, weightsCase],
  [/slides|deck|zca/i, whitenCase],
  [/pca/i, pcaCase],
  [
    /standard/i,
    scalerCase(({ config }) =>
      transform.standardize({ withMean: config.with_mean ?? true, withStd: config.with_std ?? true }),
    ),
  ],
  [/max.?abs/i, scalerCase(() => transform.maxAbs())],
  [
    /min.?max/i,
    scalerCase(({ config }) => transform.minMax({ range: config.feature_range ?? [0, 1], clip: config.clip ?? false })),
  ],
  [
    /robust/i,
    scalerCase(({ config }) =>
      transform.robust({
        quantileRange: config.quantile_range ?? [25, 75],
        withCentering: config.with_centering ?? true,
        withScaling: config.with_scaling ?? true,
        unitVariance: config.unit_variance ?? false,
      }),
    ),
  ],
  [/cent(er|re)/i, scalerCase(() => transform.center())],
  [/imput/i, imputeCase],
  [/fold|time.?series/i, foldsCase],
  [
    /halton/i,
    ({ config }) =>
      points(
        halton(countOf(config), dimensionsOf(config), config.start ?? config.start_index ?? config.fast_forward ?? 0),
        config,
      ),
  ],
  [/sobol/i, ({ config }) => points(sobol(countOf(config), dimensionsOf(config)), config)],
  [/log.?uniform/i, logUniformCase],
  [/grid/i, gridCase],
];

function scalerCase(make: (c: Case) => Transform) {
  return (c: Case, bench: Bench): Figures => {
    const x = table(c, bench);
    const train = partOf(c, x, "train");
    const test = partOf(c, x, "test");
    const fitted = learnt(make(c), train);
    const { middle = [], spread = [], variance = [], min = [], max = [] } = fitted.statistics;
    const made = fitted.apply(test);
    // of MinMaxScaler: x * scale + min
    const [low = 0, high = 1] = (c.config.feature_range ?? []) as number[];
    const isMinMax = min.length > 0;
    // scikit-learn's attributes: min_ is what is added, data_min_ the smallest value
    const attributes = Object.keys(c.outputs).some((name) => /^(data_?min_?|min_)$/.test(name));
    const factor = Array.from(spread, (s) => 1 / s);
    return {
      mean: middle,
      var: variance,
      center: middle,
      median: middle,
      scale: isMinMax && attributes ? factor : spread,
      std: spread,
      iqr: spread,
      max_abs: Array.from({ length: train.width }, (_, k) => largest(train, k)),
      ...(isMinMax
        ? {
            min: attributes ? Array.from(factor, (f, i) => -(middle[i] as number) * f) : min,
            max,
            data_min: min,
            data_max: max,
            data_range: Array.from(max, (m, i) => m - (min[i] as number)),
            feature_range: [low, high],
          }
        : {}),
      test: made.data,
      x_test: made.data,
      transformed: made.data,
      train: fitted.apply(train).data,
      inverse: fitted.invert(made).data,
      restored: fitted.invert(made).data,
    };
  };
}

const largest = ({ count, width, data }: Rows, column: number): number =>
  Math.max(...Array.from({ length: count }, (_, r) => Math.abs(data[r * width + column] as number)));

function pcaCase(c: Case, bench: Bench): Figures {
  const x = table(c, bench);
  const { n_components: k = null, whiten = /whiten/i.test(c.op), eps = 0 } = c.config;
  const fitted = learnt(transform.pca({ k, whiten, eps }), x);
  const none = new Float64Array();
  const { mean = none, components = none, variance = none, spectrum = none } = fitted.statistics;
  const total = spectrum.reduce((a, b) => a + b, 0);
  const scores = fitted.apply(x);
  const rest = Array.from(spectrum).slice(variance.length, Math.min(x.width, x.count));
  return {
    mean,
    components,
    explained_variance: variance,
    explained_variance_ratio: Array.from(variance, (v) => v / total),
    cumulative_ratio: Array.from(variance, (_, i) => variance.slice(0, i + 1).reduce((a, b) => a + b, 0) / total),
    singular_values: Array.from(variance, (v) => Math.sqrt(v * (x.count - 1))),
    noise_variance: [rest.length ? rest.reduce((a, b) => a + b, 0) / rest.length : 0],
    n_components: [variance.length],
    scores: scores.data,
    transformed: scores.data,
    whitened: scores.data,
    column_var_ddof1: columnVariance(scores, 1),
    column_var: columnVariance(scores, 0),
    cov: covariance(scores, 1),
    whitened_cov: covariance(scores, 1),
    reconstruction: fitted.invert(scores).data,
    reconstructed: fitted.invert(scores).data,
    inverse: fitted.invert(scores).data,
  };
}

/** The slides' code: covariance over N, eps within the root. */
function whitenCase(c: Case, bench: Bench): Figures {
  const x = table(c, bench);
  const eps = c.config.eps ?? 1e-5;
  const pca = learnt(transform.whiten({ eps: 1e-5 }), x);
  const { components = new Float64Array(), variance = [], mean = [] } = pca.statistics;
  const whitened = learnt(transform.whiten({ eps }), x).apply(x);
  const zca = learnt(transform.zca({ eps }), x);
  const rotated = learnt(transform.pca(), x).apply(x);
  // rows of the identity, moved by the mean: what comes out is the matrix
  const d = x.width;
  const eye = {
    count: d,
    width: d,
    data: Float64Array.from({ length: d * d }, (_, i) => Number(i % (d + 1) === 0) + (mean[i % d] as number)),
  };
  return {
    mean,
    eigenvalues: variance,
    components,
    rotated: rotated.data,
    rotated_cov: covariance(rotated, 0),
    pca_whitened: whitened.data,
    whitened: whitened.data,
    zca: zca.apply(x).data,
    zca_matrix: zca.apply(eye).data,
    whitened_cov: covariance(whitened, 0),
    zca_cov: covariance(zca.apply(x), 0),
  };
}

function imputeCase(c: Case, bench: Bench): Figures {
  const x = table(c, bench);
  const strategy = { mean: "mean", median: "median", most_frequent: "mostFrequent", constant: "constant" } as const;
  const { strategy: named = "mean", fill_value: fill, add_indicator: indicator = false } = c.config;
  const how = strategy[named as keyof typeof strategy];
  const train = partOf(c, x, "train");
  const fitted = learnt(transform.impute({ strategy: how, fill: fill ?? 0, indicator }), train);
  const made = fitted.apply(partOf(c, x, "test"));
  return { statistics: fitted.statistics.fills ?? [], test: made.data, transformed: made.data };
}

function weightsCase(c: Case): Figures {
  const y = (c.inputs.y ?? c.inputs.labels ?? c.inputs.target)?.data;
  if (!y) throw new Unsupported("labels");
  // classes in the order of their numbers, whatever these are
  const classes = [...new Set(y)].sort((a, b) => a - b);
  const labels = Array.from(y, (label) => classes.indexOf(label));
  const weight = balancedWeights(classCounts(labels, classes.length));
  return {
    weight,
    weights: weight,
    class_weight: weight,
    sample_weight: labels.map((label) => weight[label] as number),
    classes,
  };
}

/** Indices of each fold, under whatever name: `test_0`, `fold0_train`, `folds`. */
function foldsCase(c: Case): Figures {
  const { config, inputs, op } = c;
  if (config.shuffle === true) throw new Unsupported("folds drawn by numpy");
  const labels = (inputs.y ?? inputs.labels)?.data;
  const groups = inputs.groups?.data;
  const n = Number(
    config.n ??
      config.n_samples ??
      config.samples ??
      config.N ??
      labels?.length ??
      groups?.length ??
      inputs.x?.shape[0] ??
      inputs.X?.shape[0],
  );
  const k = Number(config.n_splits ?? config.k ?? config.folds ?? config.splits ?? 5);
  const order = foldOrder(n, 0, false);
  const parts = /time/i.test(op)
    ? timeFolds(n, k, config.gap ?? 0)
    : partsOf(
        /group/i.test(op) && groups
          ? groupedFolds(Array.from(groups), k)
          : /stratif/i.test(`${op} ${c.case}`) && labels
            ? stratifiedFolds(order, labels, k)
            : plainFolds(order, k),
        k,
      );
  const fold = new Int32Array(n).fill(-1);
  for (const [i, { test }] of parts.entries()) for (const row of test) fold[row] = i;
  const named = parts.flatMap(({ train, test }, i) =>
    (["train", "test"] as const).flatMap((part) => {
      const rows = part === "train" ? train : test;
      const other = part === "test" ? ["valid", "val"] : [];
      return [part, ...other].flatMap((p) =>
        [
          `${p}_${i}`,
          `fold_${i}_${p}`,
          `${p}_fold_${i}`,
          `fold_${i}.${p}`,
          `split_${i}_${p}`,
          `${p}_indices_${i}`,
          `${p}_index_${i}`,
          `${i}_${p}`,
        ].map((name) => [name, rows] as const),
      );
    }),
  );
  const all = (part: "train" | "test") => parts.flatMap((p) => Array.from(p[part]));
  return {
    ...Object.fromEntries(named),
    ...Object.fromEntries(parts.map(({ test }, i) => [`fold_${i}`, test])),
    test: all("test"),
    train: all("train"),
    test_indices: all("test"),
    test_index: all("test"),
    folds: all("test"),
    test_folds: all("test"),
    train_indices: all("train"),
    train_index: all("train"),
    fold: fold,
    fold_of: fold,
    assignment: fold,
    fold_index: fold,
    test_sizes: parts.map(({ test }) => test.length),
    train_sizes: parts.map(({ train }) => train.length),
    sizes: parts.map(({ test }) => test.length),
    fold_sizes: parts.map(({ test }) => test.length),
  };
}

function partsOf(folds: Assignment, k: number) {
  const rows = Array.from(folds.keys());
  return Array.from({ length: k }, (_, i) => ({
    train: Int32Array.from(rows.filter((r) => folds[r] !== i)),
    test: Int32Array.from(rows.filter((r) => folds[r] === i)),
  }));
}

function logUniformCase({ config, inputs }: Case): Figures {
  const u = (inputs.u ?? inputs.q ?? inputs.x ?? inputs.p)?.data;
  const low = Number(config.low ?? config.lo ?? config.min ?? config.a ?? config.range?.[0]);
  const high = Number(config.high ?? config.hi ?? config.max ?? config.b ?? config.range?.[1]);
  if (!u || !Number.isFinite(low + high)) throw new Unsupported("bounds and numbers in [0, 1]");
  const value = Array.from(u, (x) => logUniform(x, low, high));
  return { value, values: value, x: value, y: value, sample: value, samples: value, out: value, ppf: value };
}

/** Names in the order of the alphabet, as scikit-learn's ParameterGrid has them. */
function gridCase({ config, inputs, outputs }: Case): Figures {
  const space = config.param_grid ?? config.grid ?? config.params ?? config.space;
  const given: Record<string, readonly unknown[]> =
    space ?? Object.fromEntries(Object.entries(inputs).map(([name, { data }]) => [name, Array.from(data)]));
  const names = Object.keys(given).sort();
  const all = grid(Object.fromEntries(names.map((name) => [name, given[name] as readonly unknown[]])));
  const columns = Object.fromEntries(names.map((name) => [name, all.map((point) => Number(point[name]))]));
  const flat = all.flatMap((point) => names.map((name) => Number(point[name])));
  const rows = Object.fromEntries(
    ["points", "grid", "combinations", "values", "params", "table"].map((name) => [name, flat]),
  );
  const places = Object.fromEntries(
    names.map((name) => [
      `${name}_index`,
      all.map((point) => (given[name] as readonly unknown[]).indexOf(point[name])),
    ]),
  );
  return {
    count: [all.length],
    n: [all.length],
    size: [all.length],
    ...rows,
    ...places,
    ...(Object.keys(outputs).length ? columns : {}),
  };
}

const countOf = (config: Case["config"]): number =>
  Number(
    config.n ?? config.count ?? config.n_points ?? config.points ?? config.n_samples ?? 2 ** (config.m ?? Number.NaN),
  );
const dimensionsOf = (config: Case["config"]): number =>
  Number(config.d ?? config.dim ?? config.dimensions ?? config.dims ?? 2);

function points(values: Float64Array, config: Case["config"]): Figures {
  if (config.scramble === true) throw new Unsupported("scrambled points");
  const width = dimensionsOf(config);
  const { l_bounds: low = 0, u_bounds: high = 1 } = config;
  const at = (bounds: number | readonly number[], d: number) =>
    typeof bounds === "number" ? bounds : (bounds[d] as number);
  const scaled = values.map((v, i) => at(low, i % width) + v * (at(high, i % width) - at(low, i % width)));
  return { points: values, samples: values, sample: values, x: values, sequence: values, scaled };
}

/** The examples: given, or a data set of the folder, with what is said of its scale. */
function table({ config, inputs }: Case, { data: folder }: Bench): Rows {
  const given = inputs.x ?? inputs.X ?? inputs.train;
  if (given) return rowsOf(given);
  const [, name = "", rest = ""] = /^(\w+)(?:\.csv)?[, ]*(.*)$/.exec(String(config.dataset)) ?? [];
  const file = join(folder, `${name}.csv`);
  if (!existsSync(file)) throw new Unsupported(`data ${config.dataset}`);
  const lines = readFileSync(file, "utf8").trim().split(/\r?\n/);
  const [head = "", ...body] = lines;
  const columns = head.split(",").flatMap((column, i) => (column === "y" ? [] : [i]));
  const width = columns.length;
  const values = body.flatMap((line) => {
    const cells = line.split(",");
    return columns.map((i) => Number(cells[i]));
  });
  const x: Rows = { count: body.length, width, data: Float64Array.from(values) };
  const divisor = /x\/(\d+)/.exec(rest)?.[1];
  if (divisor) return learnt(transform.affine({ scale: 1 / Number(divisor) }), x).apply(x);
  if (/std|standard/.test(rest)) return learnt(transform.standardize(), x).apply(x);
  if (rest === "" || /unscaled/.test(rest)) return x;
  throw new Unsupported(`data ${config.dataset}`);
}

const rowsOf = ({ shape, data }: Numbers): Rows => ({ count: shape[0] as number, width: shape[1] ?? 1, data });

/** "rows 0,2,4,..." and "rows 1,3,5,..."; tensors of their own; or all rows where nothing is said. */
function partOf({ config, inputs }: Case, x: Rows, part: "train" | "test"): Rows {
  const own = inputs[part] ?? inputs[`x_${part}`] ?? inputs[`X_${part}`];
  if (own) return rowsOf(own);
  const said = config[part];
  if (said === undefined || /all/.test(String(said))) return x;
  const [from, second] = (String(said).match(/\d+/g) ?? []).map(Number);
  if (from === undefined || second === undefined || !/\.\.\./.test(String(said)))
    throw new Unsupported(`${part}: ${said}`);
  const rows: number[] = [];
  for (let r = from; r < x.count; r += second - from) rows.push(r);
  const data = rows.flatMap((r) => Array.from({ length: x.width }, (_, i) => x.data[r * x.width + i] as number));
  return { count: rows.length, width: x.width, data: Float64Array.from(data) };
}

function learnt(how: Transform, x: Rows): Fitted {
  const columns = Array.from({ length: x.width }, (_, i) => ({ name: `x${i}` }));
  // two pieces: a set may be read piece by piece
  const half = Math.floor(x.count / 2);
  const piece = (from: number, to: number): Rows => ({
    count: to - from,
    width: x.width,
    data: Array.from(x.data).slice(from * x.width, to * x.width),
  });
  return Fitted.to(how, { shape: [x.width], columns, rows: () => [piece(0, half), piece(half, x.count)] });
}

function covariance({ count, width, data }: Rows, correction: number): Float64Array {
  const mean = Array.from({ length: width }, (_, c) => sumOver(count, (r) => data[r * width + c] as number) / count);
  return Float64Array.from({ length: width * width }, (_, k) => {
    const [i, j] = [Math.floor(k / width), k % width];
    return (
      sumOver(
        count,
        (r) =>
          ((data[r * width + i] as number) - (mean[i] as number)) *
          ((data[r * width + j] as number) - (mean[j] as number)),
      ) /
      (count - correction)
    );
  });
}

const columnVariance = (rows: Rows, correction: number): Float64Array =>
  covariance(rows, correction).filter((_, k) => k % (rows.width + 1) === 0);

function sumOver(count: number, f: (r: number) => number): number {
  let sum = 0;
  for (let r = 0; r < count; r++) sum += f(r);
  return sum;
}
