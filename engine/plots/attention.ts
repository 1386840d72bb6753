import { encodeColumns } from "./columns.ts";
import { percent } from "./format.ts";
import { definePlot } from "./plot.ts";

export interface AttentionState {
  readonly name: string;
  /** "validation": where the example is from. */
  readonly part: string;
  readonly row: number;
  /** What stands at each place that looks and at each that is looked at, of each head: a character, a word, a number. */
  readonly places: readonly (readonly string[])[];
  readonly seen: readonly (readonly string[])[];
  readonly heads: readonly {
    readonly layer: string;
    readonly head: number;
    readonly itself: number | null;
    readonly previous: number | null;
    readonly first: number | null;
    readonly spread: number;
  }[];
  /** [places, seen] of each head, row-major: the row is the place that looks. */
  readonly weights: readonly Float32Array[];
}

/** The chart with its axis is 600 pixels wide. */
const WIDTH = 560;
/** Places and heads beside each other that are drawn at most; smaller cells could not be told apart. */
const MOST_PLACES = 40;
const MOST_HEADS = 8;
/** Places whose names fit along the axes. */
const MOST_NAMED = 16;
/** Size of the smallest letters, pixels. */
const SMALLEST_NAME = 8;
/** Smaller weights are left blank. */
const LEAST = 0.01;

export const attentionPlot = definePlot<AttentionState>({
  kind: "plot",
  summary: "Where the heads of attention layers look in one example.",

  title: ({ heads }) => {
    const habits = heads.flatMap((h) =>
      (["previous", "itself", "first"] as const).map((what) => ({ ...h, what, share: h[what] })),
    );
    const { layer, head, what, share } = habits.reduce((a, b) => ((b.share ?? 0) > (a.share ?? 0) ? b : a));
    if (share === null) {
      const narrow = heads.reduce((a, b) => (b.spread < a.spread ? b : a));
      const looks = `Head ${narrow.head}${narrow.layer ? ` of ${narrow.layer}` : ""} looks at ${narrow.spread.toFixed(1)} places at once`;
      return heads.length > 1 ? `${looks}: the narrowest of ${heads.length}` : looks;
    }
    const where = { previous: "at the place before", itself: "at its own place", first: "at the first place" }[what];
    return `Head ${head}${layer ? ` of ${layer}` : ""} looks ${percent(share)} ${where}: the most settled of ${heads.length}`;
  },

  text: ({ name, part, row, heads, places }) => {
    const [least, most] = [...heads]
      .sort((a, b) => a.spread - b.spread)
      .flatMap((h, i, all) => (i === 0 || i === all.length - 1 ? [h] : []));
    const words = [least, most].flatMap((h) =>
      h ? [`head ${h.head}${h.layer ? ` of ${h.layer}` : ""} spreads over ${h.spread.toFixed(1)} places`] : [],
    );
    return `attention weights of ${name} on row ${row} of the ${part} examples, ${Math.max(...places.map((p) => p.length))} places; over many examples ${words.join(", ")}`;
  },

  spec: (state) => {
    const { shown, columns } = sizes(state);
    const cell = Math.max(1, Math.floor(WIDTH / columns / shown - 20 / shown));
    const size = Math.min(240, cell * shown);
    const place = (field: string, title: string, names: AttentionState["places"]) => ({
      field,
      type: "ordinal",
      title,
      scale: { domain: Array.from({ length: shown }, (_, i) => i), padding: 0 },
      axis: { ...labelsOf(names, shown, cell), ticks: false, domain: false },
    });
    const tooltip = [
      { field: "looks", title: "the place of" },
      { field: "seen", title: "looks at" },
      { field: "weight", title: "weight", format: ".1%" },
    ];
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      data: { name: "weights" },
      facet: {
        row: {
          field: "layer",
          type: "nominal",
          title: null,
          sort: [...new Set(state.heads.map(({ layer }) => layer))],
        },
        column: { field: "head", type: "ordinal", title: "head" },
      },
      spacing: 8,
      spec: {
        width: size,
        height: size,
        mark: { type: "rect" },
        encoding: {
          x: place("key", "sees", state.seen),
          y: place("query", "place", state.places),
          color: { datum: "weight", scale: { range: "category" }, legend: null },
          opacity: {
            field: "weight",
            type: "quantitative",
            scale: { type: "sqrt", domain: [0, 1], range: [0, 1] },
            legend: {
              title: "weight",
              orient: "bottom",
              format: "%",
              values: [0.05, 0.25, 0.5, 1],
              symbolType: "square",
            },
          },
          tooltip,
        },
      },
    };
  },

  datasets: (state) => {
    const { places, seen, heads, weights } = state;
    const { shown } = sizes(state);
    const cells = heads.flatMap(({ layer, head }, i) => {
      if (head > MOST_HEADS) return [];
      return Array.from({ length: shown * shown }, (_, at) => {
        const [query, key] = [Math.floor(at / shown), at % shown];
        const inside = query < (places[i]?.length ?? 0) && key < (seen[i]?.length ?? 0);
        const weight = inside ? (weights[i]?.[query * (seen[i]?.length ?? 0) + key] as number) : 0;
        return { layer, head, query, key, weight, looks: placed(places[i], query), seen: placed(seen[i], key) };
      }).filter(({ weight }) => weight >= LEAST);
    });
    return {
      weights: {
        layer: { text: cells.map((c) => c.layer) },
        looks: { text: cells.map((c) => c.looks) },
        seen: { text: cells.map((c) => c.seen) },
        ...encodeColumns({
          head: cells.map((c) => c.head),
          query: cells.map((c) => c.query),
          key: cells.map((c) => c.key),
          weight: cells.map((c) => c.weight),
        }),
      },
    };
  },

  example: () => ({
    name: "example",
    part: "validation",
    row: 0,
    places: [[..."to be"], [..."to be"]],
    seen: [[..."to be"], [..."to be"]],
    heads: [
      { layer: "2.self_attn", head: 1, itself: 0.2, previous: 0.7, first: 0.3, spread: 2.1 },
      { layer: "2.self_attn", head: 2, itself: 0.4, previous: 0.2, first: 0.3, spread: 3.4 },
    ],
    weights: [previous(0.7), previous(0.2)],
  }),
});

/** The names of the places, where all heads have the same and there is room for them. */
function labelsOf(names: AttentionState["places"], shown: number, cell: number): object {
  const [first = []] = names;
  if (shown > MOST_NAMED || names.some((other) => other.join() !== first.join())) return { labels: false };
  return {
    labelAngle: 0,
    labelOverlap: false,
    labelFontSize: Math.max(SMALLEST_NAME, Math.min(11, cell)),
    titlePadding: 16,
    labelExpr: `${JSON.stringify(first.map(visible))}[datum.value] || ""`,
  };
}

function sizes({ places, seen, heads }: AttentionState): { shown: number; columns: number } {
  return {
    shown: Math.min(MOST_PLACES, Math.max(...[...places, ...seen].map((p) => p.length))),
    columns: Math.min(MOST_HEADS, Math.max(...heads.map(({ head }) => head))),
  };
}

/** "a at 3". */
const placed = (places: readonly string[] | undefined, place: number): string =>
  `${visible(places?.[place] ?? "")} at ${place + 1}`;

/** Characters that leave no mark, as marks. */
const visible = (character: string): string =>
  ({ " ": "space", "\n": "line end", "\t": "tab" })[character] ?? character;

/** Causal weights of five places, of which the place before gets `share`. */
const previous = (share: number): Float32Array =>
  Float32Array.from({ length: 25 }, (_, at) => {
    const [t, s] = [Math.floor(at / 5), at % 5];
    if (t === 0) return s === 0 ? 1 : 0;
    return s === t - 1 ? share : s <= t ? (1 - share) / t : 0;
  });
