import type { InitializedLayer, InitializedNet } from "../diagnostics/initialization/initialization.ts";
import { BINS, SPREAD } from "../diagnostics/statistics.ts";
import type { ChartHints, Columns } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { significant } from "./format.ts";
import { logAxis } from "./logAxis.ts";
import { definePlot, type Spec } from "./plot.ts";

export interface InitializationState {
  /** Name of the experiment. */
  readonly experiment: string;
  readonly examples: number;
  readonly nets: readonly InitializedNet[];
}

/** So many layers at most have their names at the axis. */
const MOST_NAMES = 24;

export const initializationPlot = definePlot<InitializationState>({
  kind: "plot",
  summary: "What a network makes of its inputs before the first step, layer by layer.",

  title: ({ nets }) => {
    const [only, ...others] = nets;
    if (!only) return "no network";
    if (others.length === 0) {
      if (only.verdict.length > 0) return only.verdict.slice(0, 2).join("; ");
      const stds = only.layers.map(({ activation }) => activation.std);
      return `Signals keep their scale: outputs' std from ${significant(Math.min(...stds))} to ${significant(Math.max(...stds))}`;
    }
    const sound = nets.filter(({ verdict }) => verdict.length === 0).map(({ name }) => name);
    if (sound.length === nets.length) return `All ${nets.length} initializers keep signals and gradients in scale`;
    if (sound.length > 0) return `${sound.join(", ")} keep${sound.length > 1 ? "" : "s"} the scale; ${faults(nets)}`;
    return faults(nets);
  },

  text: ({ nets, examples }) =>
    nets
      .map(({ name, loss, layers, verdict }) => {
        const ends = [layers[0], layers.at(-1)] as const;
        const [first, last] = ends.map((l) => `${l?.path} ${significant(l?.activation.std)}`);
        return `${name}: loss ${significant(loss)} over ${examples} examples; std of the outputs from ${first} to ${last}; ${verdict.join("; ") || "nothing wrong"}`;
      })
      .join(". "),

  spec: ({ nets }) => {
    const compared = nets.length > 1;
    const theory = nets.some(({ layers }) => layers.some(({ expectedStd }) => expectedStd !== null));
    const saturating = nets.some(({ layers }) => layers.some(({ saturated }) => saturated !== null));
    const stds = nets.flatMap(({ layers }) => layers.map(({ activation }) => activation.std)).filter((v) => v > 0);
    const gradients = nets.flatMap(({ layers }) =>
      layers.flatMap(({ gradientStd, expectedGradientStd }) => [gradientStd, expectedGradientStd ?? gradientStd]),
    );
    const hints: ChartHints = {
      link: { field: "layer", param: "layer" },
      ...(compared
        ? {
            choose: [
              { param: "net", label: "values of", choices: nets.map(({ name }) => ({ label: name, value: name })) },
            ],
          }
        : {}),
    };
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints },
      params: [
        { name: "layer", value: null },
        { name: "net", value: nets[0]?.name ?? "" },
      ],
      spacing: 14,
      resolve: { scale: { x: "shared", color: "independent" } },
      vconcat: [
        values(nets, stds),
        spread("std", "standard deviation of the outputs", nets, theory, stds),
        spread("gradientStd", "standard deviation of the outputs' gradients", nets, theory, gradients),
        shares(nets, saturating),
      ],
    };
  },

  datasets: ({ nets }) => ({ layers: layerTable(nets), bins: binTable(nets) }),

  example: () => {
    const layer = (path: string, type: string, std: number): InitializedLayer => ({
      path,
      type,
      activation: { mean: 0, std, min: -3 * std, max: 3 * std, zero: 0, nearZero: 0.01, nonFinite: 0 },
      histogram: Array.from({ length: BINS + 2 }, (_, i) => Math.exp(-(((i - 16.5) / 4) ** 2) / 2) / 10),
      dead: 0,
      saturated: type === "tanh" ? 0.02 : null,
      gradientStd: 0.01 * std,
      expectedStd: std * 1.05,
      expectedGradientStd: 0.0098 * std,
    });
    const net = (name: string, decay: number): InitializedNet => ({
      name,
      loss: 2.31,
      layers: [
        layer("0", "linear", 1),
        layer("1", "tanh", 0.6),
        layer("2", "linear", decay),
        layer("3", "tanh", decay * 0.8),
      ],
      parameters: [],
      verdict: decay < 0.1 ? ["activations shrink 10 times from 0 to 3"] : [],
    });
    return { experiment: "example", examples: 256, nets: [net("he", 1.1), net("small", 0.05)] };
  },
});

const faults = (nets: readonly InitializedNet[]): string =>
  nets
    .filter(({ verdict }) => verdict.length > 0)
    .map(({ name, verdict }) => `${name}: ${verdict[0]}`)
    .slice(0, 2)
    .join("; ");

const label = ({ path, type }: InitializedLayer): string => `${path} ${type}`;

/** A row for each network, layer and measured or expected value. */
function layerTable(nets: readonly InitializedNet[]): Columns {
  const rows = nets.flatMap(({ name, layers }) =>
    layers.flatMap((l) => [
      {
        name,
        l,
        what: "measured",
        std: l.activation.std,
        gradientStd: l.gradientStd,
        dead: l.dead,
        saturated: l.saturated,
      },
      { name, l, what: "theory", std: l.expectedStd, gradientStd: l.expectedGradientStd, dead: null, saturated: null },
    ]),
  );
  const number = (of: (row: (typeof rows)[number]) => number | null) => rows.map((row) => of(row) ?? Number.NaN);
  // what is not above 0 has no place on a log axis
  const positive = (of: (row: (typeof rows)[number]) => number | null) =>
    number(of).map((v) => (v > 0 && Number.isFinite(v) ? v : Number.NaN));
  return {
    net: { text: rows.map(({ name }) => name) },
    layer: { text: rows.map(({ l }) => label(l)) },
    what: { text: rows.map(({ what }) => what) },
    ...encodeColumns({
      std: positive((r) => r.std),
      gradientStd: positive((r) => r.gradientStd),
      mean: number((r) => r.l.activation.mean),
      dead: number((r) => r.dead),
      saturated: number((r) => r.saturated),
    }),
  };
}

/** A row for each bin that has values: from `low` to `high`, with the share of the layer's values in it. */
function binTable(nets: readonly InitializedNet[]): Columns {
  const rows = nets.flatMap(({ name, layers }) =>
    layers.flatMap((l) => {
      const { mean, std } = l.activation;
      const width = (2 * SPREAD * std) / BINS;
      return l.histogram.slice(1, -1).flatMap((share, bin) => {
        const low = mean - SPREAD * std + bin * width;
        return share > 0 && width > 0 && Number.isFinite(low)
          ? [{ name, layer: label(l), low, high: low + width, share }]
          : [];
      });
    }),
  );
  return {
    net: { text: rows.map(({ name }) => name) },
    layer: { text: rows.map(({ layer }) => layer) },
    ...encodeColumns({ low: rows.map((r) => r.low), high: rows.map((r) => r.high), share: rows.map((r) => r.share) }),
  };
}

const names = (nets: readonly InitializedNet[]): string[] => (nets[0]?.layers ?? []).map(label);

/** The layers from left to right; named where there is room, at the lowest panel only. */
function x(nets: readonly InitializedNet[], bottom = false): Spec {
  const all = names(nets);
  const axis = bottom
    ? {
        title: "layer, from input to output",
        labelAngle: all.length > 8 ? -40 : 0,
        values: all.filter((_, i) => i % Math.ceil(all.length / MOST_NAMES) === 0),
        ticks: false,
      }
    : { title: null, labels: false, ticks: false };
  return { x: { field: "layer", type: "ordinal", sort: all, scale: { paddingInner: 0.1, paddingOuter: 0.2 }, axis } };
}

const DIM = { condition: { test: "layer === null || datum.layer === layer", value: 1 }, value: 0.25 };

const panel = (title: string, height: number, rest: Spec): Spec => ({
  title: { text: title, anchor: "start", frame: "group" },
  width: 600,
  height,
  ...rest,
});

function values(nets: readonly InitializedNet[], stds: readonly number[]): Spec {
  const constant = Math.max(Math.min(...stds), Math.max(...stds) / 1000);
  return panel("values of the outputs", 170, {
    data: { name: "bins" },
    transform: [{ filter: "datum.net === net" }],
    mark: { type: "rect", strokeWidth: 0 },
    encoding: {
      ...x(nets),
      y: {
        field: "low",
        type: "quantitative",
        title: null,
        scale: {
          type: "symlog",
          constant: Number.isFinite(constant) && constant > 0 ? constant : 1,
          zero: false,
          nice: false,
        },
        axis: { tickCount: 5, labelExpr: "format(datum.value, '.2~g')" },
      },
      y2: { field: "high" },
      color: {
        field: "share",
        type: "quantitative",
        scale: { range: "ramp", type: "sqrt" },
        legend: { title: "share", format: "%", gradientLength: 100, tickCount: 3 },
      },
      opacity: DIM,
      tooltip: [
        { field: "layer", title: "layer" },
        { field: "low", title: "from", format: ".3g" },
        { field: "high", title: "to", format: ".3g" },
        { field: "share", title: "share", format: ".1%" },
      ],
    },
  });
}

/** A line per network, and a dashed one for what theory expects of it. */
function spread(
  field: "std" | "gradientStd",
  title: string,
  nets: readonly InitializedNet[],
  theory: boolean,
  range: readonly number[],
): Spec {
  const compared = nets.length > 1;
  const encoding = {
    ...x(nets),
    y: {
      field,
      type: "quantitative",
      title: null,
      scale: { type: "log", nice: false },
      axis: logAxis(range),
    },
    ...(compared ? { color: field === "std" ? netColour(nets) : { ...netColour(nets), legend: null } } : {}),
  };
  const tooltip = [
    { field: "layer", title: "layer" },
    { field: "net", title: "initializer" },
    { field, title: title.replace("standard deviation", "std"), format: ".3g" },
  ];
  return panel(theory ? `${title} (dashed: theory)` : title, 110, {
    data: { name: "layers" },
    layer: [
      {
        transform: [{ filter: "datum.what === 'theory'" }],
        mark: { type: "line", strokeDash: [4, 3], strokeWidth: 1.5, opacity: 0.8 },
        encoding,
      },
      {
        transform: [{ filter: "datum.what === 'measured'" }],
        mark: { type: "line", strokeWidth: 2 },
        encoding,
      },
      {
        transform: [{ filter: "datum.what === 'measured'" }],
        mark: { type: "point", filled: true, size: 30, opacity: 1 },
        encoding: { ...encoding, opacity: DIM, tooltip },
      },
    ],
  });
}

const netColour = (nets: readonly InitializedNet[]): Spec => ({
  field: "net",
  type: "nominal",
  sort: nets.map(({ name }) => name),
  scale: { range: "category" },
  legend: { title: null, orient: "top", symbolOpacity: 1 },
});

function shares(nets: readonly InitializedNet[], saturating: boolean): Spec {
  const compared = nets.length > 1;
  const line = (field: string, dash: number[]): Spec => ({
    mark: { type: "line", strokeWidth: 2, strokeDash: dash, point: { filled: true, size: 24 } },
    encoding: {
      ...x(nets, true),
      y: {
        field,
        type: "quantitative",
        title: null,
        scale: { domain: [0, 1] },
        axis: { tickCount: 3, format: "%" },
      },
      ...(compared ? { color: { ...netColour(nets), legend: null } } : {}),
      tooltip: [
        { field: "layer", title: "layer" },
        { field: "net", title: "initializer" },
        { field: "dead", title: "dead units", format: ".1%" },
        ...(saturating ? [{ field: "saturated", title: "saturated outputs", format: ".1%" }] : []),
      ],
    },
  });
  return panel(saturating ? "dead units, and (dotted) saturated outputs" : "dead units", 60, {
    data: { name: "layers" },
    transform: [{ filter: "datum.what === 'measured'" }],
    layer: [
      line("dead", [1, 0]),
      // layers that cannot saturate are left out, so that the line goes on behind them
      ...(saturating ? [{ transform: [{ filter: "isValid(datum.saturated)" }], ...line("saturated", [2, 3]) }] : []),
    ],
  });
}
