import type { Curvature } from "../diagnostics/curvature/curvature.ts";
import { stability } from "../diagnostics/curvature/rate.ts";
import { encodeColumns } from "./columns.ts";
import { significant } from "./format.ts";
import { definePlot, type Spec } from "./plot.ts";

export interface SpectrumState
  extends Pick<Curvature, "top" | "lowest" | "density" | "bound" | "lr" | "trace" | "loss" | "parameters"> {
  readonly name: string;
}

/** A bound further out than so many times the spectrum's width is named, not drawn: it would squeeze the spectrum. */
const FARTHEST = 3;
/** Densities are drawn over so many magnitudes. */
const MAGNITUDES = 6;

export const spectrum = definePlot<SpectrumState>({
  kind: "plot",
  summary: "The eigenvalues of the loss's Hessian, and the curvature that the learning rate bears.",

  title: (state) => {
    if (Number.isFinite(state.bound.value)) return stability(state);
    return `largest curvature ${significant(state.top[0]?.value)}, lowest ${significant(state.lowest?.value)}`;
  },

  text: (state) => {
    const { name, top, lowest, trace, loss, parameters } = state;
    return [
      `spectrum of the Hessian of ${name} at loss ${significant(loss)}, ${parameters.toLocaleString("en-US")} parameters`,
      `largest eigenvalues ${top.map(({ value }) => significant(value)).join(", ")}`,
      ...(lowest ? [`lowest ${significant(lowest.value)}`] : []),
      ...(trace ? [`trace ${significant(trace.value)} ± ${significant(trace.error)}`] : []),
      ...(Number.isFinite(state.bound.value) ? [stability(state)] : []),
    ].join("; ");
  },

  spec: (state) => {
    const domain = domainOf(state);
    const x = { field: "value", type: "quantitative", scale: { domain, nice: false, zero: false } };
    const axis = {
      ...x,
      axis: { title: "eigenvalue of the Hessian (loss per squared unit of weight)", grid: false, tickCount: 8 },
    };
    const beyond = state.bound.value > (domain[1] as number);
    const limited = Number.isFinite(state.bound.value);
    const named = `${state.bound.formula} = ${significant(state.bound.value)}`;
    const aside = state.density || !limited ? "" : beyond ? `; ${named} lies further right` : `; dashed: ${named}`;
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: {} },
      spacing: 6,
      resolve: { scale: { x: "shared" } },
      vconcat: [
        ...(state.density ? [densityPanel(x, beyond, named)] : []),
        {
          name: "eigenvalues",
          width: 600,
          height: 40,
          title: { text: `the largest (dots) and the lowest (diamond)${aside}`, anchor: "start", frame: "group" },
          encoding: { x: axis },
          layer: [
            {
              data: { name: "eigenvalues" },
              mark: { type: "rule", strokeWidth: 1.5 },
              encoding: { x: { ...axis, field: "low" }, x2: { field: "high" } },
            },
            {
              data: { name: "eigenvalues" },
              mark: { type: "point", filled: true, size: 50, opacity: 0.9 },
              encoding: {
                shape: {
                  field: "end",
                  type: "nominal",
                  scale: { domain: [0, 1], range: ["circle", "diamond"] },
                  legend: null,
                },
                tooltip: [
                  { field: "value", type: "quantitative", title: "eigenvalue", format: ".4~g" },
                  { field: "error", type: "quantitative", title: "error", format: ".2~g" },
                ],
              },
            },
            { data: { name: "zero" }, mark: { type: "rule", opacity: 0.35 }, encoding: {} },
            boundRule(axis, beyond, named),
          ],
        },
      ],
    };
  },

  datasets: (state) => {
    const { top, lowest, density, bound } = state;
    const peak = Math.max(...(density?.density ?? [1]));
    const floor = 10 ** -MAGNITUDES;
    const points = [...top.map((e) => ({ ...e, end: 0 })), ...(lowest ? [{ ...lowest, end: 1 }] : [])];
    return {
      density: encodeColumns({
        value: density?.value ?? [],
        share: (density?.density ?? []).map((d) => Math.max(floor, d / peak)),
      }),
      eigenvalues: encodeColumns({
        value: points.map(({ value }) => value),
        low: points.map(({ value, error }) => value - error),
        high: points.map(({ value, error }) => value + error),
        error: points.map(({ error }) => error),
        end: points.map(({ end }) => end),
      }),
      zero: encodeColumns({ value: [0] }),
      bound: encodeColumns({
        value: Number.isFinite(bound.value) ? [Math.min(bound.value, domainOf(state)[1] as number)] : [],
      }),
    };
  },

  example: () => {
    const value = Array.from({ length: 60 }, (_, i) => -2 + i * 0.72);
    return {
      name: "example",
      loss: 0.41,
      parameters: 2410,
      lr: 0.1,
      bound: { value: 20, formula: "2 / lr", exact: true },
      top: [38.2, 21.4, 12.8, 9.1, 7.7].map((v, i) => ({ value: v, error: 0.001 * 10 ** i })),
      lowest: null,
      trace: { value: 190, error: 11, probes: 16 },
      density: {
        value,
        density: value.map((v) => Math.exp(-((v / 1.2) ** 2)) + 1e-4 * Math.exp(-(((v - 38) / 2) ** 2))),
        probes: 1,
      },
    };
  },
});

function domainOf({ top, lowest, density, bound }: SpectrumState): readonly [number, number] {
  const values = [...(density?.value ?? []), ...top.map(({ value }) => value), ...(lowest ? [lowest.value] : []), 0];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = 0.03 * (high - low || 1);
  const near = bound.value <= high + FARTHEST * (high - low);
  return [low - margin, (near ? Math.max(high, bound.value) : high) + margin];
}

/** The largest curvature that the rate bears; at the edge when it lies beyond. */
function boundRule(x: Spec, beyond: boolean, named: string): Spec {
  return {
    data: { name: "bound" },
    mark: { type: "rule", strokeDash: [5, 3], strokeWidth: 1.5, opacity: beyond ? 0 : 1, tooltip: named },
    encoding: { x },
  };
}

/** Beside the rule, on the side that has room. */
function boundLabel(x: Spec, beyond: boolean, named: string): Spec {
  const { domain } = x.scale as { domain: readonly [number, number] };
  const left = `datum.value < ${(domain[0] + domain[1]) / 2}`;
  return {
    data: { name: "bound" },
    mark: {
      type: "text",
      baseline: "top",
      align: { expr: `${left} ? 'left' : 'right'` },
      dx: { expr: `${left} ? 5 : -5` },
      text: beyond ? `${named}, further right \u2192` : `stable below ${named}`,
    },
    encoding: { x, y: { value: 2 } },
  };
}

/** How the eigenvalues are spread, on a logarithmic axis: nearly all of them are nearly 0. */
const densityPanel = (x: Spec, beyond: boolean, named: string): Spec => ({
  name: "density",
  width: 600,
  height: 150,
  title: { text: "share of all eigenvalues at a curvature", anchor: "start", frame: "group" },
  layer: [
    {
      data: { name: "density" },
      mark: { type: "area", opacity: 0.25, line: { strokeWidth: 1.5 }, clip: true },
      encoding: {
        x: { ...x, axis: { title: null, labels: false, ticks: false, grid: false } },
        y: {
          field: "share",
          type: "quantitative",
          scale: { type: "log", domain: [10 ** -MAGNITUDES, 1], nice: false },
          axis: {
            title: null,
            values: [1, 1e-2, 1e-4],
            labelExpr: "datum.value == 1 ? 'most' : format(datum.value, '~e')",
            grid: true,
          },
        },
        y2: { datum: 10 ** -MAGNITUDES },
      },
    },
    boundRule(x, beyond, named),
    boundLabel(x, beyond, named),
  ],
});
