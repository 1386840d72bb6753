import type { Contributions, LayerContributions } from "../diagnostics/contributions/contributions.ts";
import { encodeColumns } from "./columns.ts";
import { significant } from "./format.ts";
import { definePlot } from "./plot.ts";

/** Layers whose lines are drawn: the most unequal ones of a deeper model. */
const MOST_LAYERS = 8;
/** Points of a line at most. */
const MOST_POINTS = 100;

export const contributionsPlot = definePlot<Contributions>({
  kind: "plot",
  summary: "How unequally the units in front of each layer share in the variance of its sums.",

  title: ({ layers }) => {
    const worst = layers.reduce((a, b) => (b.topTenth > a.topTenth ? b : a));
    return `In front of ${worst.path} ${worst.type} the strongest tenth of the units carries ${significant(100 * worst.topTenth)} % of the variance`;
  },

  text: ({ layers, examples }) => {
    const said = layers.map(
      ({ path, type, topTenth, order }) =>
        `${path} ${type} ${significant(100 * topTenth)} % (strongest unit ${order[0]})`,
    );
    return `share of the strongest tenth of the input units in the variance of each layer's sums, over ${examples} examples: ${said.slice(0, 12).join(", ")}`;
  },

  spec: ({ layers }) => ({
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    usermeta: { dlnb: { link: { field: "layer", param: "layer" } } },
    params: [{ name: "layer", value: null }],
    width: 600,
    height: 260,
    data: { name: "shares" },
    layer: [
      {
        mark: { type: "line", strokeWidth: 2 },
        encoding: {
          opacity: { condition: { test: "layer === null || datum.layer === layer", value: 1 }, value: 0.25 },
        },
      },
      {
        mark: { type: "point", filled: true, size: 18 },
        encoding: {
          opacity: { condition: { test: "layer === null || datum.layer === layer", value: 1 }, value: 0.25 },
          tooltip: [
            { field: "layer", title: "layer" },
            { field: "units", title: "of the units", format: ".1%" },
            { field: "held", title: "of the variance", format: ".1%" },
          ],
        },
      },
    ],
    encoding: {
      x: {
        field: "units",
        type: "quantitative",
        title: "share of the units, strongest first",
        scale: { domain: [0, 1] },
        axis: { format: "%" },
      },
      y: {
        field: "held",
        type: "quantitative",
        title: "share of the next sums' variance",
        scale: { domain: [0, 1] },
        axis: { format: "%", tickCount: 5 },
      },
      color: {
        field: "layer",
        type: "nominal",
        sort: shown(layers).map(label),
        scale: { range: "category" },
        legend: { title: "in front of", orient: "right", symbolOpacity: 1 },
      },
    },
  }),

  datasets: ({ layers }) => {
    const rows = shown(layers).flatMap((layer) => {
      const every = Math.max(1, Math.ceil(layer.order.length / MOST_POINTS));
      let held = 0;
      return [
        { layer: label(layer), units: 0, held: 0 },
        ...layer.order.flatMap((unit, i) => {
          held += layer.shares[unit] as number;
          const last = i === layer.order.length - 1;
          return i % every === 0 || last ? [{ layer: label(layer), units: (i + 1) / layer.order.length, held }] : [];
        }),
      ];
    });
    return {
      shares: {
        layer: { text: rows.map(({ layer }) => layer) },
        ...encodeColumns({ units: rows.map((r) => r.units), held: rows.map((r) => r.held) }),
      },
    };
  },

  example: () => {
    const layer = (path: string, power: number): LayerContributions => {
      const raw = Array.from({ length: 20 }, (_, i) => (i + 1) ** -power);
      const total = raw.reduce((a, b) => a + b);
      const shares = raw.map((v) => v / total);
      return {
        path,
        type: "linear",
        shares,
        order: raw.map((_, i) => i),
        topTenth: (shares[0] ?? 0) + (shares[1] ?? 0),
      };
    };
    return { examples: 256, layers: [layer("0", 0.3), layer("2", 1.5)] };
  },
});

const label = ({ path, type }: LayerContributions): string => `${path} ${type}`;

function shown(layers: readonly LayerContributions[]): readonly LayerContributions[] {
  if (layers.length <= MOST_LAYERS) return layers;
  const kept = new Set([...layers].sort((a, b) => b.topTenth - a.topTenth).slice(0, MOST_LAYERS));
  return layers.filter((layer) => kept.has(layer));
}
