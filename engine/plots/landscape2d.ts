import type { Landscape, Panel } from "../diagnostics/landscape/landscape.ts";
import { along, type Plane } from "../diagnostics/landscape/plane.ts";
import type { ChartHints, Columns } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { contours, type SurfaceGrid } from "./contours.ts";
import { percent, significant } from "./format.ts";
import { adjective, panelWords, rimWords } from "./landscapeWords.ts";
import { logAxis } from "./logAxis.ts";
import { definePlot, type Spec } from "./plot.ts";

export interface LandscapeState extends Landscape {
  /** Of the subject. */
  readonly name: string;
  /** The panels are one place at several radii, of which one is shown. */
  readonly radii: boolean;
}

/** Side of one panel, and of each of several, in pixels. */
const [SINGLE, SEVERAL] = [390, 252];
/** Lines of equal loss. */
const LEVELS = 12;
/** Colours span so many magnitudes at most: one far cell must not flatten the rest. */
const MAGNITUDES = 6;
/** A cross of two strokes, as an SVG path. */
const PLUS = "M-1,0H1M0,-1V1";
/** Parameter: which of several radii is shown. */
const RADIUS = "radius";

export const landscape2d = definePlot<LandscapeState>({
  kind: "plot",
  summary: "Losses on a plane through the weights, with lines of equal loss and the optimizer's path.",

  title: (state) => {
    const { panels, directions, angle, radii, interrupted } = state;
    const [first, second] = panels;
    if (!first) return "landscape: no point yet, 0 computed";
    const computed = panels.reduce((n, panel) => n + panel.computed, 0);
    const part = interrupted ? ` (${computed.toLocaleString("en-US")} points so far)` : "";
    if (radii) {
      const each = panels.map((panel) => `radius ${significant(panel.radius)}: ${adjective(panel)}`);
      return `${each.join("; ")}${part}`;
    }
    if (first.arrow) {
      if (!second) return `${first.name}: ${panelWords(first, directions)}${part}`;
      return `the same weights cost ${significant(first.centre)} on ${first.name} and ${significant(second.centre)} on ${second.name}; their steps point ${Math.round(angle)}\u00b0 apart${part}`;
    }
    if (second) {
      return `${first.name} is convex at ${percent(first.convex)} of this plane, ${second.name} at ${percent(second.convex)}${part}`;
    }
    if (directions === "pca") return `${panelWords(first, directions).split(";")[0]}${part}`;
    return `${panelWords(first, directions)}${part}`;
  },

  text: (state) => {
    const { panels, samples, training, directions } = state;
    const each = panels.map((panel) => {
      const path = panel.path.length ? `, with a path of ${panel.path.length} snapshots` : "";
      const rim = directions === "random" ? "" : `; ${rimWords(panel)}`;
      return `${panel.name}: ${panelWords(panel, directions)}${rim}${path}`;
    });
    return `loss of ${state.name} on a plane of weights (${directionWords(state).join(", ")}), over ${samples} examples in ${training ? "training" : "evaluation"} mode; ${each.join(". ")}`;
  },

  spec: (state) => {
    const { panels, radii } = state;
    const shown = radii ? panels.slice(0, 1) : panels;
    const side = shown.length === 1 ? SINGLE : SEVERAL;
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints(state) },
      params: radii ? [{ name: RADIUS, value: panels[0]?.radius ?? 1 }] : [],
      columns: 2,
      // axes and titles keep out of the layout, so that squares stand in line whatever is written around them
      bounds: "flush",
      spacing: { column: 56, row: 72 },
      resolve: { scale: { fill: "shared", stroke: "shared" } },
      concat: shown.map((panel, i) => panelSpec(state, panel, i, side)),
    };
  },

  datasets: (state) => {
    const { panels, radii } = state;
    const tables = panels.map((panel) => panelTables(panel, colours(radii ? [panel] : panels), radii));
    if (radii) return joined(tables);
    return Object.assign({}, ...tables.map((table, i) => numbered(table, i))) as Record<string, Columns>;
  },

  example: () => {
    const points = 9;
    const loss = Float64Array.from({ length: points * points }, (_, n) => {
      const [a, b] = [((n % points) - 4) / 4, (Math.floor(n / points) - 4) / 4];
      return 0.2 + a * a + 3 * b * b;
    });
    const path = [
      { step: 0, a: -0.9, b: 0.4, distance: 0.3, loss: 1.6 },
      { step: 50, a: -0.2, b: 0.1, distance: 0.1, loss: 0.3 },
      { step: 100, a: 0, b: 0, distance: 0, loss: 0.2 },
    ];
    return {
      name: "example",
      directions: "pca",
      normalization: "filter",
      samples: 512,
      training: false,
      angle: Number.NaN,
      radii: false,
      interrupted: false,
      panels: [
        {
          name: "run 1",
          a: 0,
          b: 0,
          radius: 1,
          points,
          loss,
          computed: points * points,
          holes: 0,
          interrupted: false,
          centre: 0.2,
          rim: { low: 1.2, high: 3.2 },
          lowest: { loss: 0.2, a: 0, b: 0 },
          convex: 1,
          path,
          explained: 0.87,
          arrow: null,
        },
      ],
    };
  },
});

/** What is drawn beside the losses. */
const caption = ({ panels }: LandscapeState): string =>
  panels[0]?.path.length ? "cross: the weights; line: the path to them" : "cross: the weights";

/** What one unit of an axis is. */
function directionWords({ directions, normalization, panels }: LandscapeState): [string, string] {
  if (directions === "pca") return ["1st principal direction of the path", "2nd principal direction"];
  if (directions === "steps") {
    const [first = "a batch", second] = panels.map(({ name }) => name);
    return [`along the step of ${first}`, second === undefined ? "across it" : `across, to ${second}'s side`];
  }
  const unit = { filter: "1: as long as each filter", layer: "1: as long as each layer", none: "unscaled" }[
    normalization
  ];
  return [panels.length > 1 ? "1st random direction" : `1st random direction (${unit})`, "2nd random direction"];
}

function hints(state: LandscapeState): ChartHints {
  const { panels, radii } = state;
  const [horizontal, vertical] = directionWords(state);
  const first = panels[0];
  const scale = colours(state.panels);
  return {
    ...(radii && {
      choose: [
        {
          param: RADIUS,
          label: "radius",
          choices: panels.map(({ radius }) => ({ label: String(Number(radius.toPrecision(3))), value: radius })),
        },
      ],
    }),
    ...(first && {
      surface: {
        dataset: radii ? "relief" : "cells0",
        x: "a",
        y: "b",
        z: "loss",
        labels: { x: horizontal, y: vertical, z: "loss" },
        log: scale.log,
        ...(first.path.length > 0 && { path: { dataset: radii ? "way" : "path0", x: "a", y: "b", z: "loss" } }),
      },
    }),
  };
}

/** Ends of the colours over some panels. */
interface Colours {
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
}

function colours(panels: readonly Plane[]): Colours {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { loss } of panels) {
    for (const v of loss) {
      if (!Number.isFinite(v)) continue;
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
  }
  if (!(low <= high)) return { low: 0, high: 1, log: false };
  const log = high > 0 && low >= 0;
  return { low: log ? Math.max(low, high * 10 ** -MAGNITUDES) : low, high: high > low ? high : low + 1, log };
}

/** Values of the lines, evenly between the ends as the colours see them. */
function levelsOf({ low, high, log }: Colours): number[] {
  const share = (i: number) => (i + 1) / (LEVELS + 1);
  return Array.from({ length: LEVELS }, (_, i) =>
    log ? low * (high / low) ** share(i) : low + (high - low) * share(i),
  );
}

function panelSpec(state: LandscapeState, panel: Panel, index: number, side: number): Spec {
  const { radii, panels } = state;
  const colour = colourOf(state, side);
  const data = (name: string) => ({ name: radii ? name : `${name}${index}` });
  const chosen = radii ? [{ filter: `datum.radius == ${RADIUS}` }] : [];
  const titles = directionWords(state);
  const scale = (middle: number) => ({
    domain: radii ? [-1, 1] : [middle - panel.radius, middle + panel.radius],
    nice: false,
    zero: false,
  });
  const axis = (title: string | null) => ({
    title,
    grid: false,
    tickCount: 5,
    ...(radii && { labelExpr: `format(datum.value * ${RADIUS}, '~g')` }),
  });
  const left = index % 2 === 0;
  const x = { field: "x", type: "quantitative", scale: scale(panel.a), axis: axis(titles[0]) };
  const y = { field: "y", type: "quantitative", scale: scale(panel.b), axis: axis(left ? titles[1] : null) };
  const numbers = (fields: Readonly<Record<string, string>>) =>
    Object.entries(fields).map(([field, title]) => ({ field, type: "quantitative", title, format: ".4~g" }));
  const place = { a: "along the 1st direction", b: "along the 2nd direction" };
  const several = panels.length > 1 && !radii;
  return {
    name: `plane${index}`,
    title: {
      text: radii ? { expr: `'radius ' + format(${RADIUS}, '~g')` } : several ? panel.name : caption(state),
      anchor: "start",
      frame: "group",
    },
    width: side,
    height: side,
    layer: [
      {
        data: data("cells"),
        transform: [...chosen, { filter: "isValid(datum.loss)" }],
        mark: { type: "rect", strokeWidth: 0, clip: true },
        encoding: {
          x: { ...x, field: "left" },
          x2: { field: "right" },
          y: { ...y, field: "bottom" },
          y2: { field: "top" },
          fill: colour.cells,
          tooltip: numbers({ loss: "loss", ...place }),
        },
      },
      {
        data: data("contours"),
        transform: chosen,
        mark: { type: "line", strokeWidth: 0.75, opacity: 0.45, clip: true },
        encoding: { x, y, detail: { field: "line" }, order: { field: "order" } },
      },
      ...(panel.path.length > 0
        ? twoTone(colour, 2, {
            data: data("path"),
            transform: chosen,
            mark: { type: "line", clip: true, point: { size: 22, filled: true } },
            encoding: {
              x,
              y,
              order: { field: "step" },
              tooltip: numbers({
                step: "step",
                loss: "loss of the weights",
                distance: "distance from the plane",
                ...place,
              }),
            },
          })
        : []),
      ...(panel.arrow
        ? twoTone(colour, 2.5, {
            data: data("arrow"),
            mark: { type: "line", clip: true },
            encoding: {
              x,
              y,
              detail: { field: "part" },
              order: { field: "order" },
              tooltip: numbers({ length: "length of the step" }),
            },
          })
        : []),
      ...twoTone(colour, 2, {
        data: data("centre"),
        transform: chosen,
        mark: { type: "point", shape: PLUS, size: 150, opacity: 1, clip: true },
        encoding: { x, y, tooltip: numbers({ loss: "loss of the weights" }) },
      }),
    ],
  };
}

/** Colour channels: of the cells, and of marks over them, which are seen on any cell when drawn in both ends of the scale. */
interface Colour {
  readonly cells: Spec;
  readonly dark: Spec;
  readonly bright: Spec;
}

/** One scale for all panels; for several radii, each its own from 0 to 1, with the losses at the legend. */
function colourOf({ panels, radii }: LandscapeState, side: number): Colour {
  const { low, high, log } = colours(panels);
  const type = "quantitative";
  const several = panels.length > 1 && !radii;
  const legend = {
    title: "loss",
    orient: several ? "bottom" : "right",
    ...(several && { direction: "horizontal" }),
    gradientLength: several ? 2 * side : side - 20,
  };
  if (radii) {
    const scale = { domain: [0, 1], range: "heatmap", nice: false };
    const ends = panels.map((panel) => ({ radius: panel.radius, ...colours([panel]) }));
    const labelExpr = ends.reduceRight(
      (rest, end) => `${RADIUS} == ${end.radius} ? format(${valueAt(end)}, '.2~r') : ${rest}`,
      "''",
    );
    const cells = { field: "shade", type, scale, legend: { ...legend, values: [0, 0.25, 0.5, 0.75, 1], labelExpr } };
    return { cells, dark: { datum: 0, type, scale, legend: null }, bright: { datum: 1, type, scale, legend: null } };
  }
  const scale = { type: log ? "log" : "linear", domain: [low, high], clamp: true, range: "heatmap", nice: false };
  const { values, labelExpr } = logAxis([low, high], 5) as { values?: number[]; labelExpr?: string };
  const ticks = log && values ? { values, labelExpr } : {};
  return {
    cells: { field: "loss", type, scale, legend: { ...legend, ...ticks } },
    dark: { datum: low, type, scale, legend: null },
    bright: { datum: high, type, scale, legend: null },
  };
}

/** The loss at a place of the legend from 0 to 1, as an expression. */
const valueAt = ({ low, high, log }: Colours): string =>
  log ? `${low} * pow(${high / low}, datum.value)` : `${low} + ${high - low} * datum.value`;

/** Where a loss lies between the ends of the colours. */
const shadeOf = ({ low, high, log }: Colours, loss: number): number =>
  log ? Math.max(0, Math.log(loss / low) / Math.log(high / low)) : (loss - low) / (high - low);

/** A line twice: broad in one end of the scale, and narrow over it in the other. */
function twoTone({ dark, bright }: Colour, width: number, layer: { mark: Spec; encoding: Spec } & Spec): Spec[] {
  const { point, ...mark } = layer.mark;
  const { tooltip, ...places } = layer.encoding;
  return [
    {
      ...layer,
      mark: { ...mark, strokeWidth: width + 2.5 },
      encoding: { ...places, stroke: dark },
    },
    {
      ...layer,
      mark: { ...mark, strokeWidth: width, ...(point !== undefined && { point }) },
      encoding: { ...places, tooltip, stroke: bright },
    },
  ];
}

type Numbers = Record<string, number[]>;

/** The tables of one panel. Places on the picture are x and y: with several radii in radii, otherwise as a and b. */
function panelTables(panel: Panel, scale: Colours, radii: boolean): Record<string, Numbers> {
  const { points, radius, a, b, loss, path, arrow, centre } = panel;
  const at = (value: number) => (radii ? value / radius : value);
  const half = at(radius / (points - 1));
  const cells: Numbers = { a: [], b: [], left: [], right: [], bottom: [], top: [], loss: [], shade: [] };
  // drawn from left to right and upwards: a little more on those sides leaves no seam between cells
  const more = half * 1.1;
  for (const [n, value] of loss.entries()) {
    const [u, v] = [along(panel, a, n % points), along(panel, b, Math.floor(n / points))];
    const row = {
      a: u,
      b: v,
      left: at(u) - half,
      right: at(u) + more,
      bottom: at(v) - half,
      top: at(v) + more,
      loss: value,
      shade: shadeOf(scale, value),
    };
    for (const [name, x] of Object.entries(row)) cells[name]?.push(x);
  }
  const grid: SurfaceGrid = {
    x: [a - radius, a + radius],
    y: [b - radius, b + radius],
    nx: points,
    ny: points,
    values: loss,
  };
  const lines: Numbers = { x: [], y: [], line: [], order: [] };
  for (const [line, { points: around }] of contours(grid, levelsOf(scale)).entries()) {
    for (let i = 0; i < around.length; i += 2) {
      lines.x?.push(at(around[i] as number));
      lines.y?.push(at(around[i + 1] as number));
      lines.line?.push(line);
      lines.order?.push(i / 2);
    }
  }
  const tables: Record<string, Numbers> = {
    cells,
    contours: lines,
    centre: { x: [0], y: [0], loss: [centre] },
    ...(path.length > 0 && {
      path: {
        step: path.map(({ step }) => step),
        a: path.map((p) => p.a),
        b: path.map((p) => p.b),
        x: path.map((p) => at(p.a)),
        y: path.map((p) => at(p.b)),
        loss: path.map((p) => p.loss),
        distance: path.map(({ distance }) => distance),
      },
    }),
    ...(arrow && { arrow: arrowTable(arrow, radius) }),
  };
  if (!radii) return tables;
  return Object.fromEntries(
    Object.entries(tables).map(([name, table]) => [
      name,
      { ...table, [RADIUS]: (Object.values(table)[0] ?? []).map(() => radius) },
    ]),
  );
}

/** A shaft and two barbs, from the centre to the tip. */
function arrowTable({ a, b, length }: NonNullable<Panel["arrow"]>, radius: number): Numbers {
  const angle = Math.atan2(b, a);
  const barb = Math.min(0.06 * radius, Math.hypot(a, b) / 2);
  const end = (turn: number) => [a - barb * Math.cos(angle + turn), b - barb * Math.sin(angle + turn)] as const;
  const places = [[0, 0], [a, b], end(0.5), [a, b], end(-0.5)] as const;
  return {
    x: places.map(([x]) => x),
    y: places.map(([, y]) => y),
    part: [0, 0, 1, 1, 1],
    order: [0, 1, 0, 1, 2],
    length: places.map(() => length),
  };
}

const encoded = (tables: Record<string, Numbers>, name: (table: string) => string): Record<string, Columns> =>
  Object.fromEntries(Object.entries(tables).map(([table, columns]) => [name(table), encodeColumns(columns)]));

const numbered = (tables: Record<string, Numbers>, index: number) => encoded(tables, (table) => `${table}${index}`);

/** Several radii in one table each; and the widest alone, to be seen in three dimensions. */
function joined(panels: readonly Record<string, Numbers>[]): Record<string, Columns> {
  const all: Record<string, Numbers> = {};
  for (const panel of panels) {
    for (const [name, table] of Object.entries(panel)) {
      const sum = all[name] ?? {};
      all[name] = sum;
      const lineBase = (sum.line?.at(-1) ?? -1) + 1;
      for (const [column, values] of Object.entries(table)) {
        const shifted = column === "line" ? values.map((line) => line + lineBase) : values;
        sum[column] = [...(sum[column] ?? []), ...shifted];
      }
    }
  }
  const widest = panels.at(-1) ?? {};
  const extra = { relief: widest.cells ?? {}, ...(widest.path && { way: widest.path }) };
  return encoded({ ...all, ...extra }, (table) => table);
}
