import type { DataCurve, DataCurveOf } from "../diagnostics/dataCurve/dataCurve.ts";
import { fitPowerLaw } from "../diagnostics/dataCurve/powerLaw.ts";
import type { ChartHints } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { percent, significant } from "./format.ts";
import { definePlot, type Spec } from "./plot.ts";

export interface DataCurveState {
  /** Name of the experiment. */
  readonly name: string;
  readonly found: DataCurve;
}

/** How far beyond the data the law is drawn. */
const BEYOND = 10;
/** Points of a law's line. */
const POINTS = 60;

const figure = ({ figure: name }: DataCurve, v: number): string => (name === "error" ? percent(v) : significant(v));

const round = (n: number): string => Number(n.toPrecision(2)).toLocaleString("en-US");

/** What more data would bring. */
function outlook({ found, curve }: { found: DataCurve; curve: DataCurveOf }): string {
  const { law, target, needed, points } = curve;
  const last = points.at(-1);
  if (!law || !last) return "too few sizes for a law";
  if (!(law.a > 0)) return "more data does not lower it";
  const twice = law.at(2 * last.examples);
  if ((law.at(last.examples) - twice) / law.at(last.examples) < 0.03) {
    return undertrained(curve) ? "flat, but trained too briefly to say" : "flat: more data would bring little";
  }
  const least = curve.neededRange[0];
  if (!Number.isFinite(needed)) {
    const floor = figure(found, law.c);
    if (!Number.isFinite(least)) return `more data ends at ${floor}`;
    return `more data ends near ${floor}, too uncertain to rule ${figure(found, target)} out`;
  }
  if (needed > 1e3 * last.examples) return `${figure(found, target)} is out of reach of more data`;
  return `${figure(found, target)} needs about ${round(needed)}${rangeOf(curve)}`;
}

/** Errors on what was trained on that are half of those on other data: training ended before the data did. */
function undertrained({ points }: DataCurveOf): boolean {
  const last = points.at(-1);
  return last !== undefined && last.trainMean > last.mean / 2;
}

function rangeOf({ neededRange: [low, high] }: DataCurveOf): string {
  if (Number.isNaN(low)) return "";
  return Number.isFinite(high) ? ` (${round(low)} to ${round(high)})` : ` (at least ${round(low)})`;
}

export const dataCurvePlot = definePlot<DataCurveState>({
  kind: "plot",
  summary: "Error against the number of examples, with a power law beyond the data.",

  title: ({ found }) => {
    const [first, ...others] = found.curves;
    const last = first?.points.at(-1);
    if (!first || !last) return `${found.figure} against 0 examples so far`;
    const head = (curve: DataCurveOf) => figure(found, curve.points.at(-1)?.mean ?? Number.NaN);
    const at = `${last.examples.toLocaleString("en-US")} examples`;
    if (others.length === 0)
      return `${found.part} ${found.figure} ${head(first)} with ${at}; ${outlook({ found, curve: first })}`;
    return `${found.part} ${found.figure} with ${at}: ${found.curves.map((c) => `${c.model} ${head(c)}`).join(", ")}`;
  },

  text: ({ name, found }) =>
    `${found.part} ${found.figure} of ${name} against the number of training examples: ${found.curves
      .map((curve) => {
        const points = curve.points
          .map((p) => `${p.examples.toLocaleString("en-US")}: ${figure(found, p.mean)}`)
          .join(", ");
        return `${found.curves.length > 1 ? `${curve.model}: ` : ""}${points}; ${outlook({ found, curve })}`;
      })
      .join("; ")}`,

  spec: ({ found }) => {
    const labels = found.curves.map(({ model }) => model);
    const several = labels.length > 1;
    const legend = several ? { title: null, orient: "top", symbolOpacity: 1 } : null;
    const colour: Spec = { field: "model", type: "nominal", scale: { domain: labels, range: "category" }, legend };
    const shape: Spec = { field: "model", type: "nominal", scale: { domain: labels }, legend };
    const axis = found.figure === "error" ? { format: ".2~%" } : {};
    const sizes = [...new Set(found.curves.flatMap(({ points }) => points.map((p) => p.examples)))];
    const most = Math.max(1, ...sizes);
    const drawn = found.curves.some(({ law }) => law) ? BEYOND * most : most;
    const x = {
      field: "examples",
      type: "quantitative",
      title: "training examples",
      scale: { type: "log", domain: [Math.min(...sizes, most) * 0.85, drawn], nice: false },
      axis: { format: "~s", tickCount: 6 },
    };
    const y = (field: string) => ({
      field,
      type: "quantitative",
      title: `${found.part} ${found.figure}`,
      scale: { type: "linear", zero: true },
      axis,
    });
    const hints: ChartHints = { log: ["errors"] };
    const tooltip = [
      ...(several ? [{ field: "model", type: "nominal", title: "model" }] : []),
      { field: "examples", type: "quantitative", title: "examples", format: "," },
      {
        field: "mean",
        type: "quantitative",
        title: `${found.part} ${found.figure}`,
        format: found.figure === "error" ? ".2%" : ".4~g",
      },
      {
        field: "train",
        type: "quantitative",
        title: `training ${found.figure}`,
        format: found.figure === "error" ? ".2%" : ".4~g",
      },
    ];
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints },
      name: "errors",
      width: 540,
      height: 260,
      layer: [
        {
          data: { name: "law" },
          mark: { type: "area", opacity: 0.12, clip: true },
          encoding: { x, y: y("low"), y2: { field: "high" }, color: colour },
        },
        {
          data: { name: "law" },
          transform: [{ filter: "!datum.beyond" }],
          mark: { type: "line", strokeWidth: 1.5 },
          encoding: { x, y: y("error"), color: colour },
        },
        {
          data: { name: "law" },
          transform: [{ filter: "datum.beyond" }],
          mark: { type: "line", strokeWidth: 1.5, strokeDash: [5, 4] },
          encoding: { x, y: y("error"), color: colour },
        },
        {
          data: { name: "targets" },
          mark: { type: "rule", strokeDash: [2, 3], opacity: 0.7 },
          encoding: { y: y("target") },
        },
        {
          data: { name: "targets" },
          mark: { type: "text", align: "left", baseline: "bottom", dx: 4, dy: -3 },
          encoding: { x: { value: 0 }, y: y("target"), text: { field: "label", type: "nominal" } },
        },
        {
          data: { name: "seeds" },
          mark: { type: "point", filled: false, size: 22, opacity: 0.55, strokeWidth: 1 },
          encoding: { x, y: y("error"), color: colour },
        },
        {
          data: { name: "points" },
          mark: { type: "rule", strokeWidth: 1.5 },
          encoding: { x, y: y("from"), y2: { field: "to" }, color: colour },
        },
        {
          data: { name: "points" },
          mark: { type: "point", filled: true, size: 64, opacity: 1 },
          encoding: { x, y: y("mean"), color: colour, shape, tooltip },
        },
      ],
    };
  },

  datasets: ({ found }) => {
    const points = found.curves.flatMap(({ model, points }) => points.map((p) => ({ model, ...p })));
    const seeds = points.flatMap(({ model, examples, errors }) => errors.map((error) => ({ model, examples, error })));
    const law = found.curves.flatMap(({ model, law, points }) =>
      law
        ? lawRows(
            model,
            law,
            points.map((p) => p.examples),
          )
        : [],
    );
    const targets = found.curves.slice(0, 1).filter(({ law }) => law);
    const spread = (p: (typeof points)[number]) => (Number.isNaN(p.std) ? 0 : p.std);
    return {
      points: {
        model: { text: points.map((p) => p.model) },
        ...encodeColumns({
          examples: points.map((p) => p.examples),
          mean: points.map((p) => p.mean),
          train: points.map((p) => p.trainMean),
          from: points.map((p) => Math.max(0, p.mean - spread(p))),
          to: points.map((p) => p.mean + spread(p)),
        }),
      },
      seeds: {
        model: { text: seeds.map((p) => p.model) },
        ...encodeColumns({ examples: seeds.map((p) => p.examples), error: seeds.map((p) => p.error) }),
      },
      law: {
        model: { text: law.map((p) => p.model) },
        ...encodeColumns({
          examples: law.map((p) => p.examples),
          error: law.map((p) => p.error),
          low: law.map((p) => p.low),
          high: law.map((p) => p.high),
          beyond: law.map((p) => p.beyond),
        }),
      },
      targets: {
        label: { text: targets.map(({ target }) => `target ${figure(found, target)}`) },
        ...encodeColumns({ target: targets.map(({ target }) => target) }),
      },
    };
  },

  example: () => {
    const examples = [50, 100, 200, 400, 800];
    const means = examples.map((n) => 1.8 * n ** -0.5 + 0.05);
    const law = fitPowerLaw(examples, means, 0);
    return {
      name: "example",
      found: {
        figure: "error",
        part: "validation",
        steps: 400,
        complete: true,
        curves: [
          {
            model: "example",
            points: examples.map((n, i) => {
              const m = means[i] as number;
              return {
                examples: n,
                errors: [m - 0.01, m + 0.01],
                trainErrors: [0, 0],
                mean: m,
                std: 0.014,
                trainMean: 0,
              };
            }),
            law,
            target: 0.08,
            needed: law.examplesFor(0.08),
            neededRange: [3000, 4500],
          },
        ],
      },
    };
  },
});

/** The law within the data and beyond it; the two lines meet at the largest size. */
function lawRows(model: string, law: NonNullable<DataCurveOf["law"]>, sizes: readonly number[]) {
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const row = (examples: number, beyond: 0 | 1) => {
    const margin = law.margin(examples);
    const error = law.at(examples);
    const wide = Number.isNaN(margin) ? 0 : margin;
    return { model, examples, error, low: Math.max(0, error - wide), high: error + wide, beyond };
  };
  const within = Array.from({ length: POINTS }, (_, i) => row(least * (most / least) ** (i / (POINTS - 1)), 0));
  return [...within, ...Array.from({ length: POINTS }, (_, i) => row(most * BEYOND ** (i / (POINTS - 1)), 1))];
}
