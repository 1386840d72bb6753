import type { UpdateInterference } from "../diagnostics/interference/updateInterference.ts";
import type { ChartHints } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { count, significant } from "./format.ts";
import { LAYER_LINK, LAYER_PARAM, labelOf, panel } from "./overTime/parts.ts";
import { definePlot } from "./plot.ts";

/** Layers with a bar of their own; those that change the loss least share one beyond. */
const MOST_BARS = 24;

/** An interaction of less than this share of the sum of the layers' changes leaves them as good as independent. */
const INDEPENDENT = 0.1;

export const updateInterferencePlot = definePlot<UpdateInterference>({
  kind: "plot",
  summary: "Change of the loss when each layer is updated alone, and when all are.",

  title: ({ together, alone, interaction }) => {
    const sums = `together ${signed(together)}, alone ${signed(alone)} in sum`;
    const share = Math.abs(interaction) / Math.max(Math.abs(alone), 1e-30);
    if (share < INDEPENDENT) return `Layers' updates add up: ${sums}`;
    if (interaction > 0) return `Layers get in each other's way: ${sums}`;
    return `Layers help each other: ${sums}`;
  },

  text: ({ loss, together, alone, interaction, layers }) =>
    `one step from loss ${significant(loss)}: all ${count(layers.length, "layer")} together change it by ${signed(together)}, each alone by ${signed(alone)} in sum, so their interaction is ${signed(interaction)}; ${layers
      .slice(0, 8)
      .map((layer) => `${labelOf(layer)} ${signed(layer.change)}`)
      .join(", ")}`,

  spec: (state) => {
    const names = bars(state).map(({ name }) => name);
    const hints: ChartHints = { link: LAYER_LINK };
    const y = { field: "layer", type: "ordinal", sort: names, axis: { title: null, labelLimit: 120, ticks: false } };
    const x = (field: string) => ({
      field,
      type: "quantitative",
      title: "change of the batch's loss",
      axis: { tickCount: 6, labelExpr: "format(datum.value, '.2~g')" },
    });
    const tooltip = [
      { field: "layer", title: "updated" },
      { field: "change", title: "change of the loss", format: ".3g" },
      { field: "promised", title: "promised by the gradient", format: ".3g" },
    ];
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints },
      params: [LAYER_PARAM],
      ...panel(
        "each layer alone, then in sum, all at once, and what is left (tick: promised by the gradient)",
        18 * names.length,
        {
          width: 500,
          data: { name: "bars" },
          layer: [
            {
              mark: { type: "bar", height: { band: 0.65 } },
              encoding: {
                y,
                x: x("change"),
                color: {
                  field: "kind",
                  type: "nominal",
                  sort: ["one layer", "all layers", "interaction"],
                  scale: { domain: ["one layer", "all layers", "interaction"], range: "category" },
                  legend: null,
                },
                opacity: {
                  condition: {
                    test: "layer === null || datum.layer === layer || datum.kind !== 'one layer'",
                    value: 1,
                  },
                  value: 0.25,
                },
                tooltip,
              },
            },
            { mark: { type: "tick", thickness: 2, size: 14 }, encoding: { y, x: x("promised"), tooltip } },
          ],
        },
      ),
    };
  },

  datasets: (state) => {
    const rows = bars(state);
    return {
      bars: {
        layer: { text: rows.map(({ name }) => name) },
        kind: { text: rows.map(({ kind }) => kind) },
        ...encodeColumns({ change: rows.map((r) => r.change), promised: rows.map((r) => r.promised) }),
      },
    };
  },

  example: () => ({
    loss: 2.3,
    together: -0.12,
    layers: [
      { path: "0", type: "linear", change: -0.06, promised: -0.065 },
      { path: "2", type: "linear", change: -0.04, promised: -0.042 },
      { path: "4", type: "linear", change: -0.05, promised: -0.05 },
    ],
    alone: -0.15,
    interaction: 0.03,
  }),
});

/** Shortened to the layers that matter most, in the order of the network. */
function bars({ layers, together, alone, interaction }: UpdateInterference) {
  const bySize = [...layers].sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
  const kept = new Set(layers.length <= MOST_BARS ? layers : bySize.slice(0, MOST_BARS - 1));
  const rest = layers.filter((layer) => !kept.has(layer));
  const sum = (of: (layer: (typeof layers)[number]) => number) => rest.reduce((total, layer) => total + of(layer), 0);
  const row = (name: string, kind: string, change: number, promised = Number.NaN) => ({ name, kind, change, promised });
  return [
    ...layers
      .filter((layer) => kept.has(layer))
      .map((layer) => row(labelOf(layer), "one layer", layer.change, layer.promised)),
    ...(rest.length > 0
      ? [
          row(
            `${rest.length} others`,
            "one layer",
            sum((l) => l.change),
            sum((l) => l.promised),
          ),
        ]
      : []),
    row("in sum", "all layers", alone),
    row("at once", "all layers", together),
    row("residual", "interaction", interaction),
  ];
}

const signed = (value: number): string => `${value > 0 ? "+" : ""}${significant(value)}`;
