import type { KernelTime, PartTime, StepProfile } from "../diagnostics/profile/stepProfile.ts";
import { boundBy, mostOf } from "../diagnostics/profile/words.ts";
import { encodeColumns } from "./columns.ts";
import { significant } from "./format.ts";
import { definePlot, type Spec } from "./plot.ts";

/** Bars at most; the smallest parts are one. */
const MOST_BARS = 15;
/** Launches that take less of the time are no points. */
const SMALLEST_POINT = 0.001;

const WAYS = ["forward", "backward", "neither"];
const KINDS = ["convolution", "matmul", "reduction", "map"];
const SHAPES = ["circle", "square", "triangle-up", "cross"];
const LEGEND = { title: null, orient: "top", symbolOpacity: 1, columns: 4, offset: 4 };
/** In both panels. */
const colour = (legend: Spec | null): Spec => ({
  field: "way",
  type: "nominal",
  scale: { domain: WAYS, range: "category" },
  legend,
});

export const profilePlot = definePlot<StepProfile>({
  kind: "plot",
  summary:
    "Where the time of a training step goes, layer by layer, and how near its launches are to what the machine can do.",

  title: (profile) =>
    `${significant(profile.stepMs)} ms per step: ${boundBy(profile).split("; ")[0]?.replace("this machine's peak", "peak")}`,

  text: (profile) => {
    const { name, backend, batchSize, stepsPerSecond, total, parts } = profile;
    const dearest = parts.slice(0, 3).map(({ part, share }) => `${part} ${Math.round(100 * share)} %`);
    return `${name}, batches of ${batchSize} on ${backend}: ${significant(stepsPerSecond)} steps/s in ${total.launches} launches, ${significant(total.flops / 1e6)} MFLOP and ${significant(total.bytes / 1e6)} MB each; ${boundBy(profile)}; most time in ${dearest.join(", ")}`;
  },

  spec: (profile) => {
    const bars = barsOf(profile);
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      spacing: 20,
      resolve: { legend: { color: "independent", shape: "independent" } },
      hconcat: [
        {
          title: { text: "ms per step", anchor: "start", frame: "group" },
          width: 210,
          height: Math.max(60, 17 * bars.length),
          data: { name: "parts" },
          mark: { type: "bar", tooltip: true },
          encoding: {
            y: {
              field: "part",
              type: "nominal",
              sort: bars.map(({ part }) => part),
              axis: { title: null, labelLimit: 150, domain: false, ticks: false },
            },
            x: { field: "ms", type: "quantitative", title: null, axis: { tickCount: 4 } },
            color: colour({ ...LEGEND, symbolType: "square" }),
            order: { field: "order", type: "quantitative" },
            tooltip: [
              { field: "part", title: "part" },
              { field: "way", title: "direction" },
              { field: "ms", title: "ms per step", format: ".3~g" },
              { field: "share", title: "of the step", format: ".1%" },
            ],
          },
        },
        roofline(profile),
      ],
    };
  },

  datasets: (profile) => {
    const segments = barsOf(profile).flatMap(({ part, ms, waitMs, forwardMs, backwardMs, share }) => {
      const whole = ms + waitMs;
      return [forwardMs, backwardMs, whole - forwardMs - backwardMs]
        .map((own, order) => ({ part, way: WAYS[order] as string, order, ms: own, share: (share * own) / whole }))
        .filter((segment) => segment.ms > 1e-9);
    });
    const points = pointsOf(profile);
    return {
      parts: {
        part: { text: segments.map(({ part }) => part) },
        way: { text: segments.map(({ way }) => way) },
        ...encodeColumns({
          order: segments.map(({ order }) => order),
          ms: segments.map(({ ms }) => ms),
          share: segments.map(({ share }) => share),
        }),
      },
      launches: {
        label: { text: points.map(({ label }) => label) },
        shape: { text: points.map(({ shape }) => shape) },
        kind: { text: points.map(({ kind }) => kind) },
        way: { text: points.map(({ direction }) => direction ?? "neither") },
        ...encodeColumns({
          intensity: points.map(intensityOf),
          gflops: points.map(({ gflops }) => gflops),
          gb: points.map(({ gbPerSecond }) => gbPerSecond),
          share: points.map(({ share }) => share),
        }),
      },
      roof: encodeColumns(roofOf(profile)),
    };
  },

  example: () => {
    const work = (ms: number, share: number, flops: number, bytes: number, launches = 1) => ({
      launches,
      ms,
      waitMs: 0.05,
      share,
      flops,
      bytes,
      gflops: flops / (1e6 * ms),
      gbPerSecond: bytes / (1e6 * ms),
    });
    const convolution = work(2.4, 0.7, 1.2e8, 3e6, 2);
    const map = work(0.6, 0.2, 2e6, 2e7, 5);
    const matmul = work(0.3, 0.1, 8e6, 4e5, 1);
    return {
      name: "experiment 1",
      backend: "wasm (2 threads, relaxed SIMD)",
      threads: 2,
      batchSize: 64,
      stepMs: 3.4,
      stepsPerSecond: 294,
      measuredMs: 3.5,
      peaks: { gflops: 117, copyGBs: 80 },
      total: work(3.3, 1, 1.3e8, 2.34e7, 8),
      kinds: [
        { kind: "convolution", ...convolution },
        { kind: "map", ...map },
        { kind: "matmul", ...matmul },
      ],
      parts: [
        { part: "0.conv2d", forwardMs: 0.8, backwardMs: 1.65, ...convolution },
        { part: "optimizer", forwardMs: 0, backwardMs: 0, ...map },
        { part: "2.linear", forwardMs: 0.35, backwardMs: 0, ...matmul },
      ],
      kernels: [
        {
          label: "0.conv2d backward: product",
          kind: "convolution",
          direction: "backward",
          shape: "32 x 144 x 12544",
          ...convolution,
        },
        { label: "optimizer: mul, add, sub", kind: "map", direction: null, shape: "20588", ...map },
        {
          label: "2.linear forward: product",
          kind: "matmul",
          direction: "forward",
          shape: "64 x 10 x 1568",
          ...matmul,
        },
      ],
    };
  },
});

const barsOf = ({ parts }: StepProfile): readonly PartTime[] => mostOf(parts, "part", MOST_BARS);

/** Operations per byte: how often a word is used once it is there. */
const intensityOf = ({ flops, bytes }: KernelTime): number => flops / bytes;

/** What only moves words has no place among operations. */
const pointsOf = ({ kernels }: StepProfile): readonly KernelTime[] =>
  kernels.filter(({ flops, share, gflops }) => flops > 0 && gflops > 0 && share >= SMALLEST_POINT);

/** The most operations per second at an intensity: what a copy brings in, at most the peak. */
function roofOf(profile: StepProfile): { intensity: number[]; gflops: number[] } {
  const { gflops, copyGBs } = profile.peaks;
  const ridge = gflops / copyGBs;
  const all = pointsOf(profile).map(intensityOf);
  const intensity = [Math.min(ridge / 4, ...all), ridge, Math.max(ridge * 4, ...all)];
  return { intensity, gflops: intensity.map((x) => Math.min(gflops, copyGBs * x)) };
}

function roofline(profile: StepProfile): Spec {
  const { intensity } = roofOf(profile);
  const x = {
    field: "intensity",
    type: "quantitative",
    title: "operations per byte",
    scale: { type: "log", domain: [(intensity[0] as number) * 0.8, (intensity.at(-1) as number) * 1.25], nice: false },
    axis: { format: ".3~r", tickCount: 4 },
  };
  const y = {
    field: "gflops",
    type: "quantitative",
    title: "GFLOP/s",
    scale: { type: "log" },
    axis: { format: ".3~r", tickCount: 4 },
  };
  const tooltip = [
    { field: "label", title: "launch" },
    { field: "kind", title: "kind" },
    { field: "shape", title: "shape" },
    { field: "share", title: "of the step", format: ".1%" },
    { field: "gflops", title: "GFLOP/s", format: ".3~g" },
    { field: "gb", title: "GB/s", format: ".3~g" },
  ];
  return {
    title: { text: "Launches under the roofs of arithmetic and memory", anchor: "start", frame: "group" },
    width: 270,
    height: Math.max(180, 17 * barsOf(profile).length - 20),
    layer: [
      { data: { name: "roof" }, mark: { type: "line", strokeDash: [5, 3], opacity: 0.8 }, encoding: { x, y } },
      {
        data: { name: "launches" },
        mark: { type: "point", filled: true, opacity: 0.75 },
        encoding: {
          x,
          y,
          color: colour(null),
          shape: {
            field: "kind",
            type: "nominal",
            scale: { domain: KINDS, range: SHAPES },
            legend: { ...LEGEND, symbolFillColor: "transparent", symbolStrokeWidth: 1.5 },
          },
          size: {
            field: "share",
            type: "quantitative",
            scale: { type: "linear", domain: [0, 0.3], range: [16, 500], clamp: true },
            legend: null,
          },
          tooltip,
        },
      },
    ],
  };
}
