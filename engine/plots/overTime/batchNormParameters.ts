import type { BatchNorms, NormOverTime } from "../../diagnostics/overTime/batchNorm.ts";
import type { ChartHints } from "../../protocol/index.ts";
import { encodeColumns } from "../columns.ts";
import { significant } from "../format.ts";
import { definePlot, type Spec } from "../plot.ts";
import { exampleNorms, few } from "./batchNormHistory.ts";
import { DIM, endOf, evenIndices, LAYER_LINK, LAYER_PARAM, labelOf, layerColour, panel, stepAxis } from "./parts.ts";

const POINTS = 120;
/** Width of each of the two scatter plots. */
const HALF = 260;

export const batchNormParameters = definePlot<BatchNorms>({
  kind: "plot",
  summary: "Gamma and beta of batch norms over the steps, and running against batch statistics by channel.",

  title: ({ layers }) => {
    const gammas = layers.map(({ gammaMean }) => gammaMean.at(-1) as number).filter((v) => !Number.isNaN(v));
    if (gammas.length === 0) return `None of the ${layers.length} batch norms has gamma and beta`;
    const betas = layers.map(({ betaMean }) => betaMean.at(-1) as number);
    const range = (values: number[]) => {
      const [low, high] = [significant(Math.min(...values)), significant(Math.max(...values))];
      return low === high ? low : `${low} to ${high}`;
    };
    return `gamma is ${range(gammas)} (1 at first) and beta ${range(betas)} (0 at first), in the mean over channels`;
  },

  text: ({ layers, source }) =>
    `gamma and beta over steps, and running against batch statistics at the last look (${source}): ${few(layers)
      .map((l) => `${labelOf(l)} gamma ${significant(l.gammaMean.at(-1))}, beta ${significant(l.betaMean.at(-1))}`)
      .join("; ")}`,

  spec: ({ layers, steps }) => {
    const all = few(layers).map(labelOf);
    const end = endOf(steps);
    const affine = layers.some(({ gammaMean }) => !Number.isNaN(gammaMean.at(-1)));
    const tracks = layers.some(({ tracked }) => tracked !== null);
    const hints: ChartHints = { link: LAYER_LINK };
    const colour = (legend: boolean) => layerColour(all, legend).color as Spec;
    const band = (name: "gamma" | "beta", bottom: boolean): Spec => {
      const x = stepAxis(end, bottom);
      const y = (field: string) => ({
        field,
        type: "quantitative",
        title: null,
        scale: { zero: false },
        axis: { tickCount: 4 },
      });
      const tooltip = [
        { field: "layer", title: "layer" },
        { field: "step", title: "step" },
        { field: `${name}Min`, title: "smallest", format: ".3g" },
        { field: `${name}Mean`, title: "mean", format: ".3g" },
        { field: `${name}Max`, title: "largest", format: ".3g" },
      ];
      return panel(`${name}: mean and range over the channels`, 100, {
        data: { name: "lines" },
        layer: [
          {
            mark: { type: "area", opacity: 0.15 },
            encoding: { x, y: y(`${name}Min`), y2: { field: `${name}Max` }, color: colour(name === "gamma") },
          },
          {
            mark: { type: "line", strokeWidth: 2 },
            encoding: { x, y: y(`${name}Mean`), color: colour(name === "gamma"), opacity: DIM, tooltip },
          },
        ],
      });
    };
    const scatter = (batch: string, running: string, title: string): Spec => ({
      title: { text: title, anchor: "start", frame: "group" },
      width: HALF,
      height: 170,
      data: { name: "channels" },
      layer: [
        {
          mark: { type: "line", strokeDash: [4, 3], strokeWidth: 1 },
          data: { name: "diagonal" },
          encoding: { x: { field: batch, type: "quantitative" }, y: { field: batch, type: "quantitative" } },
        },
        {
          mark: { type: "point", filled: true, size: 26 },
          encoding: {
            x: {
              field: batch,
              type: "quantitative",
              title: "of the batch",
              scale: { zero: false },
              axis: { tickCount: 4 },
            },
            y: {
              field: running,
              type: "quantitative",
              title: "running",
              scale: { zero: false },
              axis: { tickCount: 4 },
            },
            color: colour(!affine && batch === "batchMean"),
            opacity: DIM,
            tooltip: [
              { field: "layer", title: "layer" },
              { field: "channel", title: "channel" },
              { field: batch, title: "batch", format: ".3g" },
              { field: running, title: "running", format: ".3g" },
            ],
          },
        },
      ],
    });
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints },
      params: [LAYER_PARAM],
      spacing: 14,
      resolve: { scale: { color: "independent" } },
      vconcat: [
        ...(affine ? [band("gamma", false), band("beta", true)] : []),
        ...(tracks
          ? [
              {
                spacing: 60,
                hconcat: [
                  scatter("batchMean", "runningMean", "mean by channel, at the last look"),
                  scatter("batchStd", "runningStd", "standard deviation by channel"),
                ],
              },
            ]
          : []),
      ],
    };
  },

  datasets: ({ layers, steps }) => {
    const points = evenIndices(steps.length, POINTS);
    const shown = few(layers);
    const each = (of: (layer: NormOverTime) => Float64Array): number[] =>
      shown.flatMap((layer) => points.map((look) => of(layer)[look] as number));
    const channels = shown.flatMap((layer) =>
      Array.from(layer.last.runningMean, (runningMean, c) => ({
        label: labelOf(layer),
        c: c * Math.ceil(layer.channels / layer.last.runningMean.length),
        batchMean: layer.last.batchMean[c] as number,
        runningMean,
        batchStd: Math.sqrt(layer.last.batchVar[c] as number),
        runningStd: Math.sqrt(layer.last.runningVar[c] as number),
      })),
    );
    const ends = (values: number[]) => (values.length === 0 ? [] : [Math.min(...values), Math.max(...values)]);
    return {
      lines: {
        layer: { text: shown.flatMap((layer) => points.map(() => labelOf(layer))) },
        ...encodeColumns({
          step: shown.flatMap(() => points.map((look) => steps[look] as number)),
          gammaMean: each((l) => l.gammaMean),
          gammaMin: each((l) => l.gammaMin),
          gammaMax: each((l) => l.gammaMax),
          betaMean: each((l) => l.betaMean),
          betaMin: each((l) => l.betaMin),
          betaMax: each((l) => l.betaMax),
        }),
      },
      channels: {
        layer: { text: channels.map(({ label }) => label) },
        ...encodeColumns({
          channel: channels.map(({ c }) => c),
          batchMean: channels.map((r) => r.batchMean),
          runningMean: channels.map((r) => r.runningMean),
          batchStd: channels.map((r) => r.batchStd),
          runningStd: channels.map((r) => r.runningStd),
        }),
      },
      diagonal: encodeColumns({
        batchMean: ends(channels.flatMap((r) => [r.batchMean, r.runningMean])),
        batchStd: ends(channels.flatMap((r) => [r.batchStd, r.runningStd])),
      }),
    };
  },

  example: exampleNorms,
});
