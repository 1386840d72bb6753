import type { Columns } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { significant } from "./format.ts";
import type { Spec } from "./plot.ts";

/** A curve of one class against the rest. */
export interface ClassCurve {
  readonly name: string;
  /** What it comes to; NaN: it has no examples. */
  readonly value: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** Curves with a colour and a place in the legend: those with the lowest values. */
const MOST_NAMED = 6;
/** Points of such a curve, and of the others, at most. */
const MOST_POINTS = 400;
const FEW_POINTS = 40;

const known = (curves: readonly ClassCurve[]) =>
  curves.filter(({ value }) => !Number.isNaN(value)).sort((a, b) => a.value - b.value);

/** Curves by their value, the lowest first, with their names in the legend. */
export function namedCurves(curves: readonly ClassCurve[]): { label: string; curve: ClassCurve }[] {
  return known(curves)
    .slice(0, MOST_NAMED)
    .map((curve) => ({ label: `${shortened(curve.name)}: ${significant(curve.value)}`, curve }));
}

const shortened = (name: string): string => (name.length > 18 ? `${name.slice(0, 17)}…` : name);

/** Rows of all curves: `curve` is what the legend says, "others" for those without a place there. */
export function curveTable(curves: readonly ClassCurve[]): Columns {
  const named = namedCurves(curves);
  const others = known(curves).slice(named.length);
  const rows = [
    ...named.flatMap(({ label, curve }) => points(curve, MOST_POINTS).map((p) => ({ ...p, label, name: curve.name }))),
    ...others.flatMap((curve) => points(curve, FEW_POINTS).map((p) => ({ ...p, label: "others", name: curve.name }))),
  ];
  return {
    curve: { text: rows.map(({ label }) => label) },
    class: { text: rows.map(({ name }) => name) },
    ...encodeColumns({ at: rows.map(({ at }) => at), x: rows.map(({ x }) => x), y: rows.map(({ y }) => y) }),
  };
}

/** At most `most` points, the ends among them. */
function points({ x, y }: ClassCurve, most: number): { at: number; x: number; y: number }[] {
  const count = Math.min(most, x.length);
  return Array.from({ length: count }, (_, at) => {
    const i = count === 1 ? 0 : Math.round((at * (x.length - 1)) / (count - 1));
    return { at, x: x[i] as number, y: y[i] as number };
  });
}

/** Layers that draw the table: the others faintly, the named ones in colours and dashes. */
export function curveLayers(
  curves: readonly ClassCurve[],
  interpolate: string,
  titles: { x: string; y: string },
): Spec[] {
  const labels = namedCurves(curves).map(({ label }) => label);
  const line = (extra: Spec) => ({ type: "line", interpolate, clip: true, ...extra });
  const at = {
    x: { field: "x", type: "quantitative", title: titles.x, scale: { domain: [0, 1] } },
    y: { field: "y", type: "quantitative", title: titles.y, scale: { domain: [0, 1] } },
    order: { field: "at", type: "quantitative" },
    tooltip: [
      { field: "class", type: "nominal", title: "class" },
      { field: "x", type: "quantitative", title: titles.x, format: ".3f" },
      { field: "y", type: "quantitative", title: titles.y, format: ".3f" },
    ],
  };
  const legend = labels.length > 1 ? { title: null, orient: "right" } : null;
  const scale = { domain: labels };
  return [
    {
      transform: [{ filter: "datum.curve === 'others'" }],
      mark: line({ strokeWidth: 1, opacity: 0.25 }),
      encoding: { ...at, detail: { field: "class", type: "nominal" } },
    },
    {
      transform: [{ filter: "datum.curve !== 'others'" }],
      mark: line({ strokeWidth: 2 }),
      encoding: {
        ...at,
        color: { field: "curve", type: "nominal", scale: { ...scale, range: "category" }, legend },
        strokeDash: { field: "curve", type: "nominal", scale, legend },
      },
    },
  ];
}
