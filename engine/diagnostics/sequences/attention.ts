import { type Dataset, PAD, PairsDataset } from "../../data/index.ts";
import { ConfigError, didYouMean } from "../../errors/index.ts";
import { int, optional, required, text } from "../../params/index.ts";
import { attentionPlot } from "../../plots/attention.ts";
import { count as counted, percent, significant } from "../../plots/format.ts";
import { defineDiagnostic } from "../definition.ts";
import { collect, type Outputs } from "../evaluation/outputs.ts";
import { onParam, partOf } from "../evaluation/parts.ts";
import { measured, showChart } from "../showing.ts";
import type { Subject } from "../subject.ts";

/** What a head does, as means over all places but the first of the examples. */
export interface Head {
  /** Path of the attention's layer. */
  readonly layer: string;
  /** From 1. */
  readonly head: number;
  /** Share of the weights on the place itself, on the one before it, and on the first; null where it looks at another sequence. */
  readonly itself: number | null;
  readonly previous: number | null;
  readonly first: number | null;
  /** As many places, equally weighted, would be as spread: e to the entropy of the weights. */
  readonly spread: number;
}

export interface Attention {
  readonly part: string;
  /** Row of the part that is drawn. */
  readonly row: number;
  /** What stands at the places of that example that look: characters, words, or numbers; of each head. */
  readonly places: readonly (readonly string[])[];
  /** And at those that are looked at. */
  readonly seen: readonly (readonly string[])[];
  readonly heads: readonly Head[];
  /** weights[i] of head i on that example, [places, seen] row-major: the row is the place that looks. */
  readonly weights: readonly Float32Array[];
}

/** Layers that are drawn at most. */
const MOST_LAYERS = 4;
/** Weights that are read back at most, over all examples of a layer. */
const MOST_WEIGHTS = 4e6;

export const attention = defineDiagnostic({
  summary:
    "Where each head of an attention layer looks: its weights on one example, and what it does in the mean of many.",
  paper: "Vaswani et al. 2017, arXiv:1706.03762, appendix",
  params: {
    on: onParam,
    layer: optional(text(required, "Path of one attention layer; at most four of them, evenly, when not given.")),
    row: int(0, "[0, inf)", "Which example is drawn."),
    examples: int(32, "[1, 1000]", "Examples of the means, evenly over the part."),
  },
  of: ["run", "experiment"],
  inspects: true,
  cost: "a forward pass over the examples",
  measure: async (subject, { on, layer, row, examples }, context): Promise<Attention> => {
    const { name: part, set } = partOf(subject, on);
    if (row >= set.size) throw new ConfigError(`inspect.attention: row ${row} is outside the ${set.size} examples`);
    const layers = layersOf(subject, layer);
    const per = Math.max(...layers.map(({ outputShape: [, ...rest] }) => rest.reduce((n, d) => n * d, 1)));
    const count = Math.max(1, Math.min(examples, set.size, Math.floor(MOST_WEIGHTS / per)));
    const rows = [row, ...Array.from({ length: count }, (_, i) => Math.floor((i * set.size) / count))];
    const some = set.rows(rows);
    const found = await subject.onDevice(context, (device) =>
      collect(device, some, context, `attention ${layers.map(({ path }) => path).join(" ")}`, ({ activations }) =>
        layers.map(({ path }) => activations[path] as NonNullable<(typeof activations)[string]>),
      ),
    );
    const heads = found.flatMap((outputs, i) => headsOf(nameOf(layers[i]?.path as string), outputs, some));
    const drawn = found.flatMap(({ shape: [, count = 1, t = 1, s = 1], data }) => {
      const [places, seen] = [placesOf(set, row, t, t !== s), placesOf(set, row, s, false)];
      return Array.from({ length: count }, (_, head) => ({
        places,
        seen,
        weights: Float32Array.from({ length: places.length * seen.length }, (_, i) => {
          const [query, key] = [Math.floor(i / seen.length), i % seen.length];
          return data[(head * t + query) * s + key] as number;
        }),
      }));
    });
    const of = <K extends keyof (typeof drawn)[0]>(key: K) => drawn.map((d) => d[key]);
    const values: Attention = { part, row, places: of("places"), seen: of("seen"), heads, weights: of("weights") };
    showChart(context, attentionPlot, { ...values, name: subject.name });
    return measured(values, report(values));
  },
});

/** The layers whose outputs are weights [N, heads, T, S]. Throws ConfigError. */
function layersOf({ config }: Subject, given: string | null) {
  const all = config.model.declaration.layers.filter(({ type }) => type === "attentionWeights");
  if (all.length === 0) {
    throw new ConfigError(
      "inspect.attention: the model has no attention; give it nn.multiheadAttention() or nn.transformerEncoderLayer()",
    );
  }
  if (given !== null) {
    const layer = all.find(({ path }) => path === given || nameOf(path) === given);
    if (layer) return [layer];
    const names = all.map(({ path }) => nameOf(path));
    throw new ConfigError(`inspect.attention: no attention layer "${given}"${didYouMean(given, names)}`);
  }
  const last = all.length - 1;
  const shown = Math.min(MOST_LAYERS, all.length);
  return Array.from(
    { length: shown },
    (_, i) => all[Math.round((i * last) / Math.max(1, shown - 1))] as (typeof all)[0],
  );
}

/** The attention layer itself: `2.self_attn` for `2.self_attn.weights`. */
const nameOf = (path: string): string => path.replace(/\.?weights( \(\d+\))?$/, "$1");

/** Means over examples (all but the first, which is the one that is drawn) and places (all but the first, and padding). */
function headsOf(layer: string, { shape, data }: Outputs, examples: Dataset): Head[] {
  const [count = 1, heads = 1, places = 1, keys = 1] = shape;
  return Array.from({ length: heads }, (_, head) => {
    let [itself, previous, first, entropy, looks] = [0, 0, 0, 0, 0];
    for (let n = 1; n < count; n++) {
      const filled = filledAt(examples, n, places, places !== keys);
      for (let t = Math.min(1, filled - 1); t < filled; t++) {
        const at = ((n * heads + head) * places + t) * keys;
        const row = data.subarray(at, at + keys);
        looks++;
        itself += row[t] ?? 0;
        previous += row[t - 1] ?? 0;
        first += row[0] as number;
        for (const w of row) if (w > 0) entropy -= w * Math.log(w);
      }
    }
    const habit = (sum: number): number | null => (places === keys ? sum / looks : null);
    return {
      layer,
      head: head + 1,
      ...{ itself: habit(itself), previous: habit(previous), first: habit(first) },
      spread: Math.exp(entropy / looks),
    };
  });
}

/** What stands at the places of an example, padding left out: its tokens' names where they have some. */
function placesOf(set: Dataset, row: number, count: number, writing: boolean): string[] {
  const tokens = tokensAt(set, row, count, writing);
  return Array.from({ length: filledAt(set, row, count, writing) }, (_, i) =>
    tokens ? (set.classes?.[tokens[i] as number] ?? String(tokens[i])) : String(i),
  );
}

/** How many of the places are not padding. */
function filledAt(set: Dataset, row: number, count: number, writing: boolean): number {
  const tokens = set instanceof PairsDataset ? tokensAt(set, row, count, writing) : undefined;
  return tokens ? Array.from(tokens).filter((token) => token !== PAD).length : count;
}

/**
 * The tokens at so many places. Of pairs these are the source's or the target's, which their lengths tell apart; places that look at
 * another sequence (`writing`) are named by what is written there.
 */
function tokensAt(set: Dataset, row: number, count: number, writing: boolean): ArrayLike<number> | undefined {
  const { x, y } = set;
  if (x.rank !== 2 || x.dtype === "f32") return undefined;
  const tokens = x.rows([row]).data;
  if (x.shape[1] === count) return tokens;
  if (!(set instanceof PairsDataset) || set.sourceLength === set.targetLength) return undefined;
  if (count === set.sourceLength) return tokens.subarray(0, count);
  if (count !== set.targetLength) return undefined;
  return writing ? y.rows([row]).data : tokens.subarray(set.sourceLength);
}

function report({ heads }: Attention): string {
  const lines = heads.map(({ layer, head, itself, previous, first, spread }) => {
    const habits = [
      ["itself", itself],
      ["the place before", previous],
      ["the first", first],
    ] as const;
    const said = habits.flatMap(([what, share]) => (share === null ? [] : [`${what} ${percent(share)}`])).join(", ");
    return `  ${layer} head ${head}: ${said ? `${said}; ` : ""}spread over ${significant(spread)} places`;
  });
  return [`attention of ${counted(heads.length, "head")}`, ...lines].join("\n");
}
