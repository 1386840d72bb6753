import type { GradientNoise } from "../diagnostics/gradientNoise/gradientNoise.ts";
import type { ChartHints } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { significant } from "./format.ts";
import { logAxis } from "./logAxis.ts";
import { LAYER_LINK, LAYER_PARAM, labelOf, MOST_NAMES, panel } from "./overTime/parts.ts";
import { definePlot } from "./plot.ts";

const POINTS = 80;

export const gradientNoisePlot = definePlot<GradientNoise>({
  kind: "plot",
  summary: "How much of an example's worth is left in larger batches, and signal to noise by layer.",

  title: ({ noiseScale, batchSize }) => {
    if (!Number.isFinite(noiseScale))
      return `The gradient is lost in noise: at batches of ${batchSize} it cannot be told from 0`;
    const worth = significant(100 * efficiency(batchSize, noiseScale));
    return `Gradient noise scale ${significant(noiseScale)}: batches of ${batchSize} use ${worth} % of each example`;
  },

  text: ({ noiseScale, batchSize, signalToNoise, batches, layers }) =>
    `over ${batches} batches of ${batchSize} the gradient's noise scale is ${Number.isFinite(noiseScale) ? significant(noiseScale) : "too large to measure"} examples and its signal to noise ${significant(signalToNoise)}; by layer ${layers
      .slice(0, 8)
      .map((layer) => `${labelOf(layer)} ${significant(layer.signalToNoise)}`)
      .join(", ")}`,

  spec: (state) => {
    const { layers } = state;
    const all = layers.map(labelOf);
    const sizes = sizesOf(state);
    const hints: ChartHints = { link: LAYER_LINK };
    const x = {
      field: "size",
      type: "quantitative",
      title: "batch size",
      scale: { type: "log", nice: false },
      axis: logAxis(sizes, 7),
    };
    const y = {
      field: "efficiency",
      type: "quantitative",
      title: null,
      scale: { domain: [0, 1] },
      axis: { format: "%", tickCount: 4 },
    };
    const tooltip = [
      { field: "size", title: "batch size", format: ",.0f" },
      { field: "efficiency", title: "of each example used", format: ".1%" },
    ];
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints },
      params: [LAYER_PARAM],
      spacing: 16,
      vconcat: [
        panel("progress per example beside tiny batches: 1 / (1 + batch size / noise scale)", 150, {
          layer: [
            { data: { name: "curve" }, mark: { type: "line", strokeWidth: 2 }, encoding: { x, y, tooltip } },
            { data: { name: "marks" }, mark: { type: "rule", strokeDash: [3, 3] }, encoding: { x } },
            {
              data: { name: "marks" },
              mark: { type: "point", filled: true, size: 60 },
              encoding: { x, y, tooltip },
            },
            // each on its own side of the curve, which falls from left to right
            {
              data: { name: "marks" },
              mark: {
                type: "text",
                align: { expr: "datum.right ? 'left' : 'right'" },
                dx: { expr: "datum.right ? 6 : -6" },
              },
              encoding: {
                x,
                y: { field: "place", type: "quantitative", scale: { domain: [0, 1] } },
                text: { field: "label", type: "nominal" },
              },
            },
          ],
        }),
        panel(`signal to noise by layer, at batches of ${state.batchSize}`, 110, {
          data: { name: "layers" },
          mark: { type: "point", filled: true, size: 50 },
          encoding: {
            x: {
              field: "layer",
              type: "ordinal",
              sort: all,
              axis: {
                title: "layer, from input to output",
                labels: all.length <= MOST_NAMES,
                labelAngle: all.length > 8 ? -40 : 0,
                ticks: false,
              },
            },
            y: {
              field: "signalToNoise",
              type: "quantitative",
              title: null,
              scale: { zero: true },
              axis: { tickCount: 4 },
            },
            opacity: { condition: { test: "layer === null || datum.layer === layer", value: 1 }, value: 0.25 },
            tooltip: [
              { field: "layer", title: "layer" },
              { field: "signalToNoise", title: "signal / noise", format: ".3g" },
              { field: "noiseScale", title: "noise scale", format: ",.3s" },
            ],
          },
        }),
      ],
    };
  },

  datasets: (state) => {
    const { layers, noiseScale, batchSize } = state;
    const sizes = sizesOf(state);
    const known = Number.isFinite(noiseScale) ? noiseScale : Number.NaN;
    const marks = [
      { label: `your batches: ${batchSize}`, size: batchSize },
      ...(Number.isFinite(noiseScale) ? [{ label: `noise scale ${significant(noiseScale)}`, size: noiseScale }] : []),
    ];
    const largest = Math.max(...marks.map(({ size }) => size));
    return {
      curve: encodeColumns({ size: sizes, efficiency: sizes.map((size) => efficiency(size, known)) }),
      marks: {
        label: { text: marks.map(({ label }) => label) },
        ...encodeColumns({
          size: marks.map(({ size }) => size),
          efficiency: marks.map(({ size }) => efficiency(size, known)),
          right: marks.map(({ size }) => (size === largest ? 1 : 0)),
          place: marks.map(({ size }) => (size === largest ? 0.92 : 0.08)),
        }),
      },
      layers: {
        layer: { text: layers.map(labelOf) },
        ...encodeColumns({
          signalToNoise: layers.map((layer) => layer.signalToNoise || Number.NaN),
          noiseScale: layers.map((layer) => layer.noiseScale),
        }),
      },
    };
  },

  example: () => ({
    batches: 32,
    batchSize: 64,
    gradientSquared: 0.4,
    trace: 120,
    noiseScale: 300,
    signalToNoise: 0.46,
    layers: ["0", "2", "4"].map((path, i) => ({
      path,
      type: "linear",
      gradientSquared: 0.1,
      trace: 40 - 10 * i,
      noiseScale: 400 - 100 * i,
      signalToNoise: 0.4 + 0.2 * i,
    })),
  }),
});

/** What is left of an example's worth in a batch of `size`: McCandlish et al. 2018, equation 2.12 over that of small batches. */
const efficiency = (size: number, noiseScale: number): number => 1 / (1 + size / noiseScale);

/** From 1 to well beyond the noise scale, evenly on a log axis. */
function sizesOf({ noiseScale, batchSize }: GradientNoise): number[] {
  const end = 16 * Math.max(batchSize, Math.min(noiseScale, 1e7));
  const top = Number.isFinite(end) ? end : 64 * batchSize;
  return Array.from({ length: POINTS }, (_, i) => top ** (i / (POINTS - 1)));
}
