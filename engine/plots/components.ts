import { encodeColumns } from "./columns.ts";
import { percent } from "./format.ts";
import { definePlot, type Spec } from "./plot.ts";

/** Pairs of numbers, one for each example. */
type Points = { readonly x: ArrayLike<number>; readonly y: ArrayLike<number> };

export interface ComponentsState {
  readonly name: string;
  /** Share of the variance along each component, descending. */
  readonly shares: readonly number[];
  /** Columns of the first panel: the two that vary most. */
  readonly columns: readonly [string, string];
  readonly original: Points;
  readonly decorrelated: Points;
  readonly whitened: Points;
  /** Class of each point; null for none. */
  readonly labels: readonly string[] | null;
}

const MOST = 40;
/** Classes that the theme has colours for. */
const MOST_NAMED = 6;

/** Components that hold 90 % of the variance. */
function enough(shares: readonly number[]): number {
  let held = 0;
  const at = shares.findIndex((share) => {
    held += share;
    return held >= 0.9;
  });
  return at < 0 ? shares.length : at + 1;
}

export const componentsPlot = definePlot<ComponentsState>({
  kind: "plot",
  summary: "Variance along each principal component, and the examples as they are, decorrelated and whitened.",

  title: ({ name, shares }) => {
    const n = enough(shares);
    return `${name}: ${n} of ${shares.length} components hold 90 % of the variance, the first ${percent(shares[0])}`;
  },

  text: ({ name, shares, columns }) =>
    `principal components of ${name}: ${shares
      .slice(0, 10)
      .map((share, i) => `${i + 1} ${percent(share)}`)
      .join(
        ", ",
      )}; the examples in the plane of ${columns.join(" and ")}, along the two first components, and along them with deviation 1`,

  spec: ({ columns, labels }) => {
    const legend =
      new Set(labels).size <= MOST_NAMED
        ? {
            title: null,
            orient: "bottom",
            direction: "horizontal",
            symbolType: "circle",
            symbolSize: 80,
            symbolOpacity: 1,
          }
        : null;
    const panel = (title: string, dataset: string, x: string, y: string): Spec => ({
      title,
      width: 170,
      height: 170,
      data: { name: dataset },
      mark: { type: "point", filled: true, size: 14, opacity: 0.6 },
      encoding: {
        x: { field: "x", type: "quantitative", title: x, scale: { zero: false }, axis: { tickCount: 4 } },
        y: {
          field: "y",
          type: "quantitative",
          title: y,
          scale: { zero: false },
          axis: { tickCount: 4, labelFlush: true },
        },
        ...(labels ? { color: { field: "class", type: "nominal", scale: { range: "category" }, legend } } : {}),
      },
    });
    const share = (field: string, title: string): Spec => ({
      field,
      type: "quantitative",
      title,
      axis: { format: ".0%", tickCount: 5 },
    });
    const place = {
      field: "component",
      type: "ordinal",
      title: "component",
      axis: { labelAngle: 0, labelOverlap: true },
    };
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      vconcat: [
        {
          width: 600,
          height: 150,
          data: { name: "scree" },
          layer: [
            { mark: { type: "bar", opacity: 0.6 }, encoding: { x: place, y: share("share", "share of the variance") } },
            {
              mark: { type: "line", point: true },
              encoding: {
                x: place,
                y: share("held", "share of the variance"),
                tooltip: [
                  { field: "component" },
                  { field: "share", format: ".2%" },
                  { field: "held", format: ".2%", title: "with those before" },
                ],
              },
            },
          ],
        },
        {
          hconcat: [
            panel("original", "original", columns[0], columns[1]),
            panel("decorrelated", "decorrelated", "component 1", "component 2"),
            panel("whitened", "whitened", "component 1 / deviation", "component 2 / deviation"),
          ],
          resolve: { scale: { color: "shared" } },
        },
      ],
    };
  },

  datasets: ({ shares, labels, ...panels }) => {
    const shown = shares.slice(0, MOST);
    let sum = 0;
    const held = shown.map((share) => {
      sum += share;
      return sum;
    });
    const points = ({ x, y }: Points) => ({
      ...encodeColumns({ x, y }),
      ...(labels ? { class: { text: labels } } : {}),
    });
    return {
      scree: encodeColumns({ component: shown.map((_, i) => i + 1), share: shown, held }),
      original: points(panels.original),
      decorrelated: points(panels.decorrelated),
      whitened: points(panels.whitened),
    };
  },

  example: () => {
    const t = Array.from({ length: 40 }, (_, i) => i);
    const a = t.map((i) => 3 * Math.sin(1.7 * i));
    const b = t.map((i) => Math.cos(2.3 * i));
    const [x, y] = [a.map((v, i) => v + (b[i] as number)), a.map((v, i) => v - (b[i] as number))];
    return {
      name: "example",
      shares: [0.8, 0.15, 0.05],
      columns: ["length", "width"],
      original: { x, y },
      decorrelated: { x: a, y: b },
      whitened: { x: a.map((v) => v / 2.1), y: b.map((v) => v / 0.7) },
      labels: t.map((i) => (i % 2 ? "cat" : "dog")),
    };
  },
});
