import type { ChartHints } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { count, significant } from "./format.ts";
import { logAxis } from "./logAxis.ts";
import { definePlot, type Spec } from "./plot.ts";

/** The factors of the chain rule, layer by layer from the input. */
export interface ChainState {
  readonly activation: string;
  readonly weights: readonly number[];
  /** f'(z) of each layer. */
  readonly slopes: readonly number[];
  /** What of the output's gradient reaches each layer's sum, d a_n / d z_j. */
  readonly passed: readonly number[];
  /** The most that one activation passes: 1/4 for the sigmoid. */
  readonly most: number;
  /** The product of all factors but the first weight, and the same gradient by the engine. */
  readonly product: number;
  readonly gradient: number;
}

/** Up to this many layers have a tick each and wide bars. */
const FEW = 20;
/** What is 0 is drawn this much below everything else. */
const ZERO = 0.1;
const SERIES = ["|weight|", "f'(z)"] as const;

export const chain = definePlot<ChainState>({
  kind: "plot",
  summary: "The factors of the chain rule in a chain of single neurons, and their running product.",

  title: ({ activation, product, weights, slopes, most }) => {
    const depth = weights.length;
    const off = slopes.lastIndexOf(0);
    if (off >= 0)
      return `nothing of the gradient passes layer ${off + 1} of ${depth}: the slope of its ${activation} is 0`;
    const head = `of the gradient, ${significant(Math.abs(product))} reaches the first of ${count(depth, "layer")}`;
    if (most < 1)
      return `${head}; ${activation}s alone let through at most ${most}^${depth} = ${significant(most ** depth)}`;
    return Math.abs(product) > 1 ? `${head}: it grows on the way` : head;
  },

  text: ({ activation, weights, slopes, product, gradient }) => {
    const tiny = product !== 0 && Math.abs(product) < 2 ** -126;
    const apart = product === 0 ? Math.abs(gradient) : Math.abs(gradient - product) / Math.abs(product);
    return [
      `chain of ${count(weights.length, "neuron")} with ${activation}`,
      `weights from ${significant(Math.min(...weights))} to ${significant(Math.max(...weights))}`,
      `derivatives of the activation from ${significant(Math.min(...slopes))} to ${significant(Math.max(...slopes))}`,
      `their product ${product.toPrecision(6)}, the engine's gradient ${gradient.toPrecision(6)}, ${apart.toExponential(1)} apart${product === 0 ? "" : " relatively"}`,
      ...(tiny ? ["the product is smaller than f32 can hold"] : []),
    ].join("; ");
  },

  spec: (state) => {
    const hints: ChartHints = {};
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints },
      spacing: 12,
      vconcat: [names(), factors(state), product(state)],
    };
  },

  datasets: (state) => {
    const { weights, passed, most } = state;
    const depth = weights.length;
    const both = sizes(state);
    const low = lowest(both.flat());
    const wide = depth <= FEW ? 0.36 : 0.44;
    const rows = both.flatMap((values, kind) =>
      values.map((value, j) => ({
        kind,
        from: j + 1 + (kind - 1) * wide,
        to: j + 1 + kind * wide,
        value: value === 0 ? low * ZERO : value,
      })),
    );
    return {
      factors: {
        ...encodeColumns({
          from: rows.map(({ from }) => from),
          to: rows.map(({ to }) => to),
          value: rows.map(({ value }) => value),
        }),
        kind: { text: rows.map(({ kind }) => SERIES[kind] as string) },
      },
      passed: encodeColumns({
        layer: passed.map((_, j) => j + 1),
        passed: passed.map(drawable),
        bound: passed.map((_, j) => drawable(most ** (depth - j))),
      }),
      names: {
        ...encodeColumns({ column: SERIES.map((_, i) => i) }),
        kind: { text: SERIES },
        label: { text: ["|w|, weight of the layer", `f'(z), slope of its ${state.activation}`] },
      },
    };
  },

  example: () => {
    const weights = [0.5, -1.2, 0.8, 1.5];
    const slopes = [0.24, 0.22, 0.25, 0.2];
    const passed = [0.0038016, 0.01584, -0.06, 0.2].map((value, j) => value * (j === 0 ? -1 : 1));
    return { activation: "sigmoid", weights, slopes, passed, most: 0.25, product: -0.0038016, gradient: -0.0038016 };
  },
});

/** A size on a log axis; none where it is 0. */
const drawable = (value: number): number => (value === 0 ? Number.NaN : Math.abs(value));

const lowest = (values: readonly number[]): number => Math.min(1, ...values.filter((value) => value > 0));

/** Sizes of the factors: weights, of which the first is none (what is asked for is the gradient of the first bias), and slopes. */
const sizes = ({ weights, slopes }: ChainState): readonly (readonly number[])[] => [
  weights.map((w, j) => (j === 0 ? Number.NaN : Math.abs(w))),
  slopes.map(Math.abs),
];

const layerAxis = ({ weights }: ChainState, title: string | null) => ({
  type: "quantitative",
  scale: { domain: [0.4, weights.length + 0.6], nice: false, zero: false },
  axis: {
    title,
    grid: false,
    tickMinStep: 1,
    format: "d",
    ...(weights.length <= FEW && { values: weights.map((_, j) => j + 1) }),
  },
});

const colour = {
  color: { field: "kind", type: "nominal", scale: { domain: SERIES, range: "category" }, legend: null },
};

function names(): Spec {
  const place = {
    x: { field: "column", type: "quantitative", scale: { domain: [0, 2], nice: false }, axis: null },
    y: { value: 8 },
  };
  return {
    name: "names",
    data: { name: "names" },
    width: 600,
    height: 17,
    layer: [
      {
        mark: { type: "point", shape: "square", filled: true, size: 80, opacity: 1, xOffset: 6 },
        encoding: { ...place, ...colour },
      },
      {
        mark: { type: "text", align: "left", baseline: "middle", dx: 16 },
        encoding: { ...place, text: { field: "label" } },
      },
    ],
  };
}

function factors(state: ChainState): Spec {
  return {
    name: "factors",
    title: {
      text: "factors, log scale: below 1 they shrink the gradient, above 1 it grows",
      anchor: "start",
      frame: "group",
      limit: { expr: "width" },
    },
    width: 600,
    height: 150,
    data: { name: "factors" },
    layer: [
      {
        mark: { type: "rect", opacity: 0.85 },
        encoding: {
          x: { field: "from", ...layerAxis(state, null) },
          x2: { field: "to" },
          y: {
            field: "value",
            type: "quantitative",
            scale: { type: "log", nice: false },
            axis: { title: null, ...logAxis([...sizes(state).flat(), 1]) },
          },
          y2: { datum: 1 },
          ...colour,
        },
      },
      {
        data: { name: "names" },
        mark: { type: "rule", opacity: 0.6 },
        encoding: { y: { datum: 1, type: "quantitative" } },
      },
    ],
  };
}

function product(state: ChainState): Spec {
  const { passed, most, weights } = state;
  const seen = passed.map(Math.abs).filter((value) => value > 0);
  const bounds = most < 1 ? [most ** weights.length] : [];
  const [low, high] = [lowest([...seen, ...bounds]) * 0.7, Math.max(1, ...seen) * 1.4];
  const x = { field: "layer", ...layerAxis(state, "layer (the gradient comes from the right)") };
  const y = (field: string) => ({
    field,
    type: "quantitative",
    scale: { type: "log", domain: [low, high], nice: false },
    axis: { title: null, ...logAxis([low, high]) },
  });
  const bound = state.most < 1;
  return {
    name: "product",
    title: {
      text: `gradient that reaches each layer, log scale${bound ? ` (dashed: ${state.most} per layer)` : ""}`,
      anchor: "start",
      frame: "group",
      limit: { expr: "width" },
    },
    width: 600,
    height: 130,
    data: { name: "passed" },
    layer: [
      ...(bound
        ? [
            {
              mark: { type: "line", strokeDash: [4, 4], opacity: 0.6, strokeWidth: 1.5 },
              encoding: { x, y: y("bound") },
            },
          ]
        : []),
      { mark: { type: "line", strokeWidth: 2, point: state.weights.length <= FEW }, encoding: { x, y: y("passed") } },
    ],
  };
}
