import type { Line } from "../diagnostics/landscape/landscape1d.ts";
import { encodeColumns } from "./columns.ts";
import { significant } from "./format.ts";
import { definePlot, type Spec } from "./plot.ts";

/** A rise above the straight line between the ends counts as a barrier from this share of the larger of them on. */
const BARRIER = 0.02;
/** Metrics that have a panel of their own. */
const MAX_METRICS = 2;

export const landscape1d = definePlot<Line>({
  kind: "plot",
  summary: "Loss and metrics on the straight line between two sets of weights.",

  title,

  text: (line) => {
    const { from, to, parts, distance, alpha, batchNorm } = line;
    const each = parts.map(({ name, loss }) => {
      const finite = loss.filter(Number.isFinite);
      const low = finite.length ? Math.min(...finite) : Number.NaN;
      return `${name} loss lowest ${significant(low)} at ${significant(alpha[loss.indexOf(low)])}`;
    });
    return [
      `loss on the straight line from ${from} (0) to ${to} (1), ${significant(distance)} apart, from ${alpha[0]} to ${alpha.at(-1)}`,
      ...each,
      title(line),
      ...(batchNorm === "recompute" ? ["running statistics measured anew at every point"] : []),
    ].join("; ");
  },

  spec: (line) => {
    const metrics = line.metrics.slice(0, MAX_METRICS);
    const last = metrics.length === 0;
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: {
        dlnb: {
          x: { field: "alpha", label: "alpha" },
          log: ["loss"],
          values: line.parts.flatMap(({ name }) =>
            ["loss", ...metrics].map((label, k) => ({
              dataset: name,
              field: k === 0 ? "loss" : `metric${k - 1}`,
              label: `${name} ${label}`,
              series: name,
            })),
          ),
        },
      },
      spacing: 12,
      resolve: { scale: { x: "shared", color: "shared" } },
      vconcat: [
        panel(line, "loss", "loss", { height: 220, bottom: last }),
        ...metrics.map((metric, k) =>
          panel(line, `metric${k}`, metric, { height: 110, bottom: k === metrics.length - 1 }),
        ),
      ],
    };
  },

  datasets: ({ alpha, parts, metrics }) => ({
    ...Object.fromEntries(
      parts.map((part) => [
        part.name,
        encodeColumns({
          alpha,
          loss: part.loss,
          ...Object.fromEntries(metrics.slice(0, MAX_METRICS).map((_, k) => [`metric${k}`, part.metrics[k] ?? []])),
        }),
      ]),
    ),
    ends: encodeColumns({ alpha: [0, 1].filter((x) => x >= (alpha[0] ?? 0) && x <= (alpha.at(-1) ?? 1)) }),
  }),

  example: () => {
    const alpha = Array.from({ length: 21 }, (_, i) => -0.5 + i / 10);
    const loss = alpha.map((a) => 0.1 + 2 * (1 - a) ** 2);
    return {
      from: "start",
      to: "run 1",
      alpha,
      parts: [
        { name: "train", loss, metrics: [alpha.map((a) => 1 - (1 - a) ** 2 / 3)] },
        { name: "validation", loss: loss.map((x) => 1.1 * x), metrics: [alpha.map((a) => 0.95 - (1 - a) ** 2 / 3)] },
      ],
      metrics: ["accuracy"],
      distance: 7.1,
      barrier: { height: 0, alpha: 0 },
      batchNorm: null,
      samples: 512,
      training: false,
      interrupted: false,
    };
  },
});

/** The finding: whether the loss rises on the way. */
function title({ from, to, barrier, alpha, parts, interrupted }: Line): string {
  const loss = parts[0]?.loss ?? [];
  const computed = loss.filter(Number.isFinite).length;
  if (interrupted) return `from ${from} to ${to}: ${computed} of ${alpha.length} points so far`;
  const at = (x: number) => loss[nearest(alpha, x)];
  const [start, end] = [at(0) ?? Number.NaN, at(1) ?? Number.NaN];
  const height = `from ${significant(start)} at ${from} to ${significant(end)} at ${to}`;
  const holes = loss.length - computed;
  const rest = holes > 0 ? `; not finite at ${holes} of ${loss.length} points` : "";
  if (barrier.height > BARRIER * Math.max(start, end)) {
    return `a barrier of ${significant(barrier.height)} at ${significant(barrier.alpha)} on the way, loss ${height}${rest}`;
  }
  return `no barrier on the way: loss ${height}${rest}`;
}

const nearest = (alpha: readonly number[], x: number): number =>
  alpha.reduce((best, a, i) => (Math.abs(a - x) < Math.abs((alpha[best] as number) - x) ? i : best), 0);

function panel(
  { parts, alpha, from, to }: Line,
  field: string,
  heading: string,
  { height, bottom }: { height: number; bottom: boolean },
): Spec {
  const x = {
    field: "alpha",
    type: "quantitative",
    scale: { domain: [alpha[0], alpha.at(-1)], nice: false, zero: false },
    axis: bottom
      ? { title: `weights between ${from} (0) and ${to} (1)`, grid: false, tickCount: 9 }
      : { title: null, labels: false, ticks: false, grid: false },
  };
  const y = {
    field,
    type: "quantitative",
    title: null,
    scale: { type: "linear", zero: false },
    axis: { tickCount: 4 },
  };
  return {
    name: field,
    title: { text: heading, anchor: "start", frame: "group" },
    width: 600,
    height,
    layer: [
      { data: { name: "ends" }, mark: { type: "rule", strokeDash: [2, 3], opacity: 0.6 }, encoding: { x } },
      ...parts.map(({ name }) => ({
        data: { name },
        mark: { type: "line", strokeWidth: 2, ...(name === "validation" && { strokeDash: [5, 3] }) },
        encoding: {
          x,
          y,
          color: {
            datum: name,
            scale: { domain: ["train", "validation"], range: "category" },
            legend: { title: null, orient: "top" },
          },
        },
      })),
    ],
  };
}
