import type { ChartHints } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { significant } from "./format.ts";
import { logAxis } from "./logAxis.ts";
import { definePlot, type Spec } from "./plot.ts";

/** What a diagnosis points at, by the numbers of its findings. */
export interface EvidenceState {
  /** Of what was looked at. */
  readonly name: string;
  /** The findings with a mark, and those without one for the words only. */
  readonly findings: readonly {
    readonly title: string;
    readonly mark: number | null;
    readonly steps: readonly [number, number] | null;
    readonly layers: readonly string[];
  }[];
  /** Loss of each step; null before any training. */
  readonly curve: {
    readonly step: readonly number[];
    readonly loss: readonly number[];
    readonly smoothed: readonly number[];
    /** Loss before the first step. */
    readonly first: number;
    /** What learning rate its shape is typical of; null when that cannot be told. */
    readonly regime: string | null;
  } | null;
  /** In the order of the network; values after training are null when there was none. */
  readonly layers: readonly {
    readonly layer: string;
    readonly gradient: number;
    readonly gradientAfter: number | null;
    /** Share of units that are dead or outputs that are saturated; null where neither can be. */
    readonly lost: number | null;
    readonly lostAfter: number | null;
  }[];
}

/** Up to so many layers their names are written at the axis. */
const MOST_NAMES = 24;
/** Points of the curve: about two to a pixel. */
const MOST_POINTS = 1200;
/** Height of a finding's bar. */
const BAR = 20;

const FIRST = "before training";
const LAST = "after training";

export const evidencePlot = definePlot<EvidenceState>({
  kind: "plot",
  summary: "Where the findings of a diagnosis lie: steps of the loss curve and layers of the network, by number.",

  title: ({ name, findings }) => {
    const [first] = findings;
    if (!first) return `${name}: nothing wrong found in ${significant(0)} findings`;
    const more = findings.length - 1;
    return `${name}: ${first.title}${more > 0 ? `, and ${more} more finding${more === 1 ? "" : "s"}` : ""}`;
  },

  text: ({ findings, curve, layers }) => {
    const places = findings.flatMap(({ mark, title, steps, layers: paths }) => {
      if (mark === null) return [`${title} (no mark)`];
      const where = [
        ...(steps ? [`steps ${steps[0]} to ${steps[1]}`] : []),
        ...(paths.length > 0 ? [`layers ${paths.slice(0, 4).join(", ")}${paths.length > 4 ? " and more" : ""}`] : []),
      ];
      return [`${mark}: ${title}, ${where.join("; ")}`];
    });
    const ends = curve
      ? `loss from ${significant(curve.first)} to ${significant(curve.smoothed.at(-1))} in ${curve.step.at(-1) ?? 0} steps${curve.regime ? `, shaped as at a ${curve.regime} learning rate` : ""}`
      : "no training yet";
    return [...places, ends, `${layers.length} layers`].join(". ");
  },

  spec: (state) => {
    const { findings, curve, layers } = state;
    const stepped = findings.filter(({ steps }) => steps !== null);
    const hints: ChartHints = {
      link: { field: "layer", param: "layer" },
      ...(curve ? { log: ["loss"] } : {}),
    };
    const concerned = findings.some((f) => f.layers.length > 0);
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints },
      params: [{ name: "layer", value: null }],
      spacing: 14,
      resolve: { scale: { color: "independent", shape: "independent" } },
      vconcat: [...(curve ? lossPanels(curve, stepped.length) : []), ...(concerned ? layerPanels(layers) : [])],
    };
  },

  datasets: ({ findings, curve, layers }) => {
    const stepped = findings.filter(({ steps }) => steps !== null);
    const rows = layers.flatMap((l) => [
      { layer: l.layer, when: FIRST, gradient: l.gradient, lost: l.lost },
      ...(l.gradientAfter === null
        ? []
        : [{ layer: l.layer, when: LAST, gradient: l.gradientAfter, lost: l.lostAfter }]),
    ]);
    const marked = layers.flatMap(({ layer }) => {
      const numbers = findings.filter((f) => f.layers.includes(layer)).map(({ mark }) => mark);
      return numbers.length === 0 ? [] : [{ layer, marks: numbers.join(" ") }];
    });
    const points = curve ? thinned(curve) : null;
    return {
      ...(points ? { curve: encodeColumns(points) } : {}),
      ...(curve
        ? {
            spans: {
              ...encodeColumns({
                from: stepped.map(({ steps }) => steps?.[0] ?? 0),
                to: stepped.map(({ steps }) => steps?.[1] ?? 0),
                row: stepped.map((_, i) => i * BAR),
                end: stepped.map((_, i) => (i + 1) * BAR - 3),
                middle: stepped.map((_, i) => i * BAR + (BAR - 3) / 2),
              }),
              label: { text: stepped.map(({ mark, title }) => `${mark}  ${title}`) },
            },
          }
        : {}),
      layers: {
        layer: { text: rows.map(({ layer }) => layer) },
        when: { text: rows.map(({ when }) => when) },
        ...encodeColumns({
          // what is not above 0 has no place on a log axis
          gradient: rows.map(({ gradient }) => (gradient > 0 ? gradient : Number.NaN)),
          lost: rows.map(({ lost }) => lost ?? Number.NaN),
        }),
      },
      marked: {
        layer: { text: marked.map(({ layer }) => layer) },
        marks: { text: marked.map(({ marks }) => marks) },
      },
    };
  },

  example: () => {
    const step = Array.from({ length: 40 }, (_, i) => i + 1);
    const loss = step.map((s) => Number((2.3 + 0.4 * Math.sin(s)).toFixed(4)));
    return {
      name: "example",
      findings: [
        { title: "the learning rate is too high", mark: 1, steps: [1, 40], layers: [] },
        { title: "units died in training", mark: 2, steps: null, layers: ["1 relu"] },
      ],
      curve: { step, loss, smoothed: loss, first: 2.3, regime: "high" },
      layers: [
        { layer: "0 linear", gradient: 0.02, gradientAfter: 0.0001, lost: null, lostAfter: null },
        { layer: "1 relu", gradient: 0.03, gradientAfter: 0.0002, lost: 0.03, lostAfter: 0.97 },
        { layer: "2 linear", gradient: 0.3, gradientAfter: 0.25, lost: null, lostAfter: null },
      ],
    };
  },
});

/** The lowest and the highest of each bin of steps, so that no jump is lost. */
function thinned({ step, loss, smoothed }: NonNullable<EvidenceState["curve"]>) {
  const size = Math.ceil((2 * step.length) / MOST_POINTS);
  const out = { step: [] as number[], loss: [] as number[], smoothed: [] as number[] };
  for (let from = 0; from < step.length; from += size) {
    const bin = Array.from({ length: Math.min(size, step.length - from) }, (_, i) => from + i);
    const low = bin.reduce((a, b) => ((loss[b] as number) < (loss[a] as number) ? b : a));
    const high = bin.reduce((a, b) => ((loss[b] as number) > (loss[a] as number) ? b : a));
    for (const i of low === high ? [low] : [Math.min(low, high), Math.max(low, high)]) {
      out.step.push(step[i] as number);
      out.loss.push(loss[i] as number);
      out.smoothed.push(smoothed[i] as number);
    }
  }
  return out;
}

function lossPanels(
  { step, loss, smoothed, first, regime }: NonNullable<EvidenceState["curve"]>,
  bars: number,
): Spec[] {
  const end = step.at(-1) ?? 1;
  const most = (values: readonly number[], from: number) => values.reduce((a, b) => (b > a ? b : a), from);
  const low = loss.reduce((a, b) => (b < a ? b : a), first);
  // one spike of a batch does not flatten the curve: it is cut off
  const high = Math.min(most(loss, first), 1.5 * most(smoothed, first));
  const x = (field: string, axis: Spec | null): Spec => ({
    field,
    type: "quantitative",
    scale: { domain: [0, end], nice: false },
    axis,
  });
  const bottom = { title: "step", labelExpr: "format(datum.value, ',')", tickMinStep: 1, tickCount: 7 };
  const y = (field: string): Spec => ({
    field,
    type: "quantitative",
    title: null,
    scale: { type: "linear", domain: [low, high], zero: false, nice: false },
    axis: { tickCount: 5 },
  });
  const row = (field: string): Spec => ({
    field,
    type: "quantitative",
    scale: { domain: [0, Math.max(1, bars) * BAR], reverse: true, nice: false },
    axis: null,
  });
  const curve = { data: { name: "curve" } };
  const spans = { data: { name: "spans" } };
  return [
    {
      name: "loss",
      title: {
        text: `training loss${regime ? `, shaped as at a ${regime} learning rate` : ""}`,
        anchor: "start",
        frame: "group",
      },
      width: 600,
      height: 180,
      layer: [
        {
          ...curve,
          mark: { type: "line", strokeWidth: 1, opacity: 0.35, clip: true },
          encoding: { x: x("step", bottom), y: y("loss") },
        },
        { ...curve, mark: { type: "line", strokeWidth: 2 }, encoding: { x: x("step", bottom), y: y("smoothed") } },
      ],
    },
    ...(bars > 0
      ? [
          {
            name: "steps",
            title: { text: "findings at these steps", anchor: "start", frame: "group" },
            width: 600,
            height: bars * BAR,
            view: { stroke: null },
            layer: [
              {
                ...spans,
                mark: { type: "rect", opacity: 0.25 },
                encoding: { x: x("from", null), x2: { field: "to" }, y: row("row"), y2: { field: "end" } },
              },
              {
                ...spans,
                mark: { type: "text", align: "left", baseline: "middle", x: 6 },
                encoding: { y: row("middle"), text: { field: "label" } },
              },
            ],
          },
        ]
      : []),
  ];
}

function layerPanels(layers: EvidenceState["layers"]): Spec[] {
  const names = layers.length <= MOST_NAMES;
  const lost = layers.some((l) => l.lost !== null);
  const measured = layers.flatMap((l) => (l.gradientAfter === null ? [l.gradient] : [l.gradient, l.gradientAfter]));
  const values = measured.filter((v) => v > 0);
  const [none, all] = [measured.length - values.length, measured.length];
  const x = (last: boolean): Spec => ({
    field: "layer",
    type: "nominal",
    sort: null,
    scale: { domain: layers.map(({ layer }) => layer) },
    axis: {
      title: last ? "layer, from input to output" : null,
      labels: last && names,
      ticks: names,
      labelAngle: -40,
      labelLimit: 110,
    },
  });
  const dim = { condition: { test: "layer === null || datum.layer === layer", value: 1 }, value: 0.2 };
  const domain = [FIRST, LAST];
  const series = (legend: Spec | null): Spec => ({
    color: { field: "when", type: "nominal", scale: { domain, range: "category" }, legend },
    shape: { field: "when", type: "nominal", scale: { domain, range: ["circle", "square"] }, legend },
  });
  // what is after training lies within the ring of what was before
  const points = (y: Spec, legend: Spec | null, last: boolean, format: string): Spec[] =>
    [
      {
        when: FIRST,
        mark: {
          type: "point",
          size: layers.length > 40 ? 30 : 110,
          filled: false,
          strokeWidth: layers.length > 40 ? 1 : 2,
        },
      },
      { when: LAST, mark: { type: "point", size: layers.length > 40 ? 12 : 38, filled: true } },
    ].map(({ when, mark }) => ({
      data: { name: "layers" },
      transform: [{ filter: `datum.when === '${when}'` }],
      mark,
      encoding: {
        x: x(last),
        y,
        ...series(legend),
        opacity: dim,
        tooltip: [
          { field: "layer", type: "nominal" },
          { field: "when", type: "nominal" },
          { field: y.field as string, type: "quantitative", format },
        ],
      },
    }));
  const legend = { title: null, orient: "top" };
  const marks = {
    data: { name: "marked" },
    mark: { type: "text", y: 7 },
    encoding: { x: x(!lost), text: { field: "marks" }, opacity: dim },
  };
  return [
    {
      name: "gradient",
      title: {
        text: `gradient at each layer's outputs (root mean square${none > 0 ? `; ${none} of ${all} are 0 and not shown` : ""})`,
        anchor: "start",
        frame: "group",
      },
      width: 600,
      height: 150,
      layer: [
        ...points(
          {
            field: "gradient",
            type: "quantitative",
            title: null,
            scale: { type: "log", nice: false, padding: 24 },
            axis: logAxis(values),
          },
          legend,
          !lost,
          ".3~e",
        ),
        marks,
      ],
    },
    ...(lost
      ? [
          {
            name: "lost",
            title: { text: "dead units or saturated outputs", anchor: "start", frame: "group" },
            width: 600,
            height: 90,
            layer: points(
              {
                field: "lost",
                type: "quantitative",
                title: null,
                scale: { domain: [0, 1], padding: 6 },
                axis: { tickCount: 3, format: ".0%" },
              },
              null,
              true,
              ".0%",
            ),
          },
        ]
      : []),
  ];
}
