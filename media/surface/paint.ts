import { blend } from "../chart/colours.ts";
import type { Theme } from "../chart/theme.ts";
import { type Camera, type Projected, project } from "./camera.ts";
import type { Grid, SurfaceHint } from "./grid.ts";
import { logTicks, type Tick, ticks } from "./ticks.ts";

/** Half the box's height; its sides go from -1 to 1. */
const HEIGHT = 0.6;
/** Half of what is seen of the box at zoom 1, from every side. */
const [SEEN_ACROSS, SEEN_UP] = [1.42, 1.25];
/** Room for labels left and right, and above and below; for the legend; in pixels. */
const [BESIDE, ABOVE] = [54, 30];
const LEGEND = { width: 12, margin: 8, room: 64 };
/** Panes narrower than this have fewer ticks. */
const NARROW = 520;
/** Slopes facing the light are this much lighter than those that look away. */
const SHADE = 0.3;

type Context = CanvasRenderingContext2D;
type Point = readonly [x: number, y: number];

/** A grid made ready for drawing from any side: colours do not depend on the camera. */
export interface Model {
  grid: Grid;
  labels: SurfaceHint["labels"];
  /** Corners in the box, by grid index: x, y, z; NaN is a hole. */
  corners: Float64Array;
  /** Per cell the colours of its face and its edge; null: a hole. */
  faces: readonly ({ fill: string; edge: string } | null)[];
  /** Per cell, what of the path lies over it: pairs of points of the box. */
  path: ReadonlyMap<number, readonly [Box, Box][]>;
  start: Box | null;
  end: Box | null;
}
type Box = readonly [x: number, y: number, z: number];

export function modelOf(grid: Grid, labels: SurfaceHint["labels"], stops: readonly string[]): Model {
  const { xs, ys, z, low, high } = grid;
  const n = xs.length;
  const place = placing(grid);
  const corners = new Float64Array(z.length * 3);
  z.forEach((height, k) => {
    corners.set(place(xs[k % n] as number, ys[Math.floor(k / n)] as number, height), 3 * k);
  });
  const faces: ({ fill: string; edge: string } | null)[] = [];
  for (let j = 0; j + 1 < ys.length; j++) {
    for (let i = 0; i + 1 < n; i++) {
      const cell = [j * n + i, j * n + i + 1, (j + 1) * n + i + 1, (j + 1) * n + i];
      const heights = cell.map((k) => z[k] as number);
      const mean = heights.reduce((a, b) => a + b) / 4;
      const at = (corner: number, axis: number) => corners[3 * (cell[corner] as number) + axis] as number;
      const slope = (a: number, b: number, axis: number) => (at(b, 2) - at(a, 2)) / (at(b, axis) - at(a, axis) || 1);
      const [right, away] = [slope(0, 1, 0), slope(0, 3, 1)];
      const light = (0.5 * right + 0.4 * away + 1) / Math.hypot(right, away, 1) / Math.hypot(0.5, 0.4, 1);
      const colour = blend(stops, (mean - low) / (high - low || 1)).map(
        (c) => c * (1 - SHADE + SHADE * Math.max(0, light)),
      );
      const css = (factor: number) => `rgb(${colour.map((c) => Math.round(c * factor))})`;
      faces.push(Number.isNaN(mean) ? null : { fill: css(1), edge: css(0.82) });
    }
  }
  const line = grid.path.map(([x, y, height]) => place(x, y, height));
  const seen = line.filter((point) => !point.some(Number.isNaN));
  return {
    grid,
    labels,
    corners,
    faces,
    path: overCells(line, grid),
    start: seen[0] ?? null,
    end: seen.at(-1) ?? null,
  };
}

/** From the chart's units into the box. */
function placing({ xs, ys, low, high }: Grid): (x: number, y: number, z: number) => Box {
  const across = (values: readonly number[]) => [
    values[0] as number,
    (values.at(-1) as number) - (values[0] as number),
  ];
  const [left = 0, width = 1] = across(xs);
  const [front = 0, depth = 1] = across(ys);
  return (x, y, z) => [
    (2 * (x - left)) / width - 1,
    (2 * (y - front)) / depth - 1,
    HEIGHT * ((2 * (z - low)) / (high - low || 1) - 1),
  ];
}

/** Cuts a path into pieces no longer than a cell, by the cell that they lie over. */
function overCells(line: readonly Box[], { xs, ys }: Grid): Map<number, [Box, Box][]> {
  const pieces = new Map<number, [Box, Box][]>();
  const [columns, rows] = [xs.length - 1, ys.length - 1];
  const columnOf = cellFinder(xs);
  const rowOf = cellFinder(ys);
  for (let k = 1; k < line.length; k++) {
    const [a, b] = [line[k - 1] as Box, line[k] as Box];
    if ([...a, ...b].some(Number.isNaN)) continue;
    const parts = Math.ceil(Math.max((Math.abs(b[0] - a[0]) * columns) / 2, (Math.abs(b[1] - a[1]) * rows) / 2, 1));
    const at = (t: number) => a.map((from, axis) => from + t * ((b[axis] as number) - from)) as unknown as Box;
    for (let part = 0; part < Math.min(parts, 1000); part++) {
      const [from, to] = [at(part / parts), at((part + 1) / parts)];
      const cell = rowOf((from[1] + to[1]) / 2) * columns + columnOf((from[0] + to[0]) / 2);
      pieces.set(cell, [...(pieces.get(cell) ?? []), [from, to]]);
    }
  }
  return pieces;
}

/** Which interval of a coordinate's values a place of the box lies in; beyond the ends, the last one. */
function cellFinder(values: readonly number[]): (place: number) => number {
  const [first, last] = [values[0] as number, values.at(-1) as number];
  return (place) => {
    const value = first + ((place + 1) / 2) * (last - first);
    const above = values.findIndex((one) => one > value);
    return above < 0 ? values.length - 2 : Math.max(0, above - 1);
  };
}

/** Draws a model as a camera sees it, from the far cells to the near ones: over a grid that order hides what is hidden. */
export function paint(
  context: Context,
  model: Model,
  camera: Camera,
  theme: Theme,
  width: number,
  height: number,
): void {
  const { grid, corners, faces, path } = model;
  const unit =
    camera.zoom *
    Math.min((width - LEGEND.room - 2 * BESIDE) / (2 * SEEN_ACROSS), (height - 2 * ABOVE) / (2 * SEEN_UP));
  const page = ({ right, down }: Projected): Point => [
    (width - LEGEND.room) / 2 + right * unit,
    height / 2 + down * unit,
  ];
  const look = (x: number, y: number, z: number): Point => page(project(camera, x, y, z));
  context.clearRect(0, 0, width, height);
  context.lineJoin = "round";
  paintBox(context, model, camera, theme, look, width);

  const [n, m] = [grid.xs.length, grid.ys.length];
  const places: Point[] = Array.from({ length: n * m }, (_, k) =>
    look(corners[3 * k] as number, corners[3 * k + 1] as number, corners[3 * k + 2] as number),
  );
  const far = { right: Math.sin(camera.azimuth) > 0, back: Math.cos(camera.azimuth) > 0 };
  // the cell of the b-th row and a-th column counted from afar
  const rowAt = (b: number) => (far.back ? m - 2 - b : b);
  const columnAt = (a: number) => (far.right ? n - 2 - a : a);
  const at = (b: number, a: number) => rowAt(b) * (n - 1) + columnAt(a);
  for (let b = 0; b < m - 1; b++) {
    for (let a = 0; a < n - 1; a++) {
      const face = faces[at(b, a)];
      if (face) {
        const k = rowAt(b) * n + columnAt(a);
        context.beginPath();
        context.moveTo(...(places[k] as Point));
        context.lineTo(...(places[k + 1] as Point));
        context.lineTo(...(places[k + 1 + n] as Point));
        context.lineTo(...(places[k + n] as Point));
        context.closePath();
        context.fillStyle = face.fill;
        context.fill();
        // covers the seam to the next face too
        context.lineWidth = 0.6;
        context.strokeStyle = face.edge;
        context.stroke();
      }
      // a line is wider than its cell's share of it: the next cells come first
      for (const [u, v] of nextTo(b, a, m - 2, n - 2)) paintPath(context, path.get(at(u, v)) ?? [], look, theme, 1);
    }
  }
  // what hills hide of the path shines through
  for (const pieces of path.values()) paintPath(context, pieces, look, theme, 0.25);
  paintEnds(context, model, look, theme);
  paintLegend(context, model, theme, width, height);
}

/** The cells whose part of the path is drawn after cell (b, a): the one before it in both directions, at the last ones all that is left. */
function nextTo(b: number, a: number, lastRow: number, lastColumn: number): [number, number][] {
  const rows = b === lastRow ? [b - 1, b] : [b - 1];
  const columns = a === lastColumn ? [a - 1, a] : [a - 1];
  return rows.flatMap((u) => columns.filter((v) => u >= 0 && v >= 0).map((v): [number, number] => [u, v]));
}

function paintPath(
  context: Context,
  pieces: readonly (readonly [Box, Box])[],
  look: (x: number, y: number, z: number) => Point,
  theme: Theme,
  opacity: number,
): void {
  if (pieces.length === 0) return;
  context.beginPath();
  for (const [from, to] of pieces) {
    context.moveTo(...look(...from));
    context.lineTo(...look(...to));
  }
  context.globalAlpha = opacity;
  context.lineCap = "round";
  for (const [colour, lineWidth] of [
    [theme.background, 4.5],
    [theme.foreground, 2],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = lineWidth;
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** An open circle where the path starts, a full one where it ends. */
function paintEnds(
  context: Context,
  { start, end }: Model,
  look: (x: number, y: number, z: number) => Point,
  theme: Theme,
): void {
  for (const [place, fill] of [
    [start, theme.background],
    [end, theme.foreground],
  ] as const) {
    if (place === null) continue;
    context.beginPath();
    context.arc(...look(...place), 4, 0, 2 * Math.PI);
    context.fillStyle = fill;
    context.strokeStyle = theme.foreground;
    context.lineWidth = 1.5;
    context.fill();
    context.stroke();
  }
}

/** Floor, axes at the edges that face the reader, and their ticks. */
function paintBox(
  context: Context,
  { grid, labels }: Model,
  camera: Camera,
  theme: Theme,
  look: (x: number, y: number, z: number) => Point,
  width: number,
): void {
  const contrast = theme.kind.startsWith("high-contrast");
  const place = placing(grid);
  const [front, side] = [Math.cos(camera.azimuth) > 0 ? -1 : 1, Math.sin(camera.azimuth) > 0 ? -1 : 1];
  const floor = -HEIGHT;
  const centre = look(0, 0, floor);
  const line = (opacity: number, ...points: Point[]) => {
    context.globalAlpha = opacity;
    context.strokeStyle = theme.foreground;
    context.lineWidth = 1;
    context.beginPath();
    points.forEach((point, i) => {
      if (i === 0) context.moveTo(...point);
      else context.lineTo(...point);
    });
    context.stroke();
    context.globalAlpha = 1;
  };
  const [faint, strong] = contrast ? [0.5, 1] : [0.2, 0.6];
  line(faint, look(-1, -1, floor), look(1, -1, floor), look(1, 1, floor), look(-1, 1, floor), look(-1, -1, floor));
  context.fillStyle = theme.foreground;
  const axis = (
    at: (t: number) => Point,
    marks: readonly { place: number; text: string }[],
    title: string,
    from: Point,
  ) => {
    const [a, b] = [at(-1), at(1)];
    line(strong, a, b);
    const middle: Point = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    const size = Math.hypot(middle[0] - from[0], middle[1] - from[1]) || 1;
    const out: Point = [(middle[0] - from[0]) / size, (middle[1] - from[1]) / size];
    context.textAlign = out[0] > 0.35 ? "left" : out[0] < -0.35 ? "right" : "center";
    context.textBaseline = out[1] > 0.35 ? "top" : out[1] < -0.35 ? "bottom" : "middle";
    context.font = `${theme.fontSize}px ${theme.font}`;
    let widest = 0;
    for (const mark of marks) {
      const [x, y] = at(mark.place);
      line(strong, [x, y], [x + 4 * out[0], y + 4 * out[1]]);
      context.fillText(mark.text, x + 8 * out[0], y + 8 * out[1]);
      widest = Math.max(widest, context.measureText(mark.text).width);
    }
    const beyond = 14 + Math.abs(out[0]) * widest + Math.abs(out[1]) * theme.fontSize;
    context.font = `600 ${theme.fontSize}px ${theme.font}`;
    // a long title moves in from the edge
    const wide = context.measureText(title).width;
    const left = middle[0] + beyond * out[0] - { left: 0, center: wide / 2, right: wide }[context.textAlign as "left"];
    context.textAlign = "left";
    const inside = Math.max(2, Math.min(left, width - 2 - wide));
    // and away from the labels that it would cover there
    const lower = Math.abs(inside - left) > theme.fontSize ? Math.sign(out[1]) * theme.fontSize * 1.6 : 0;
    context.fillText(title, inside, middle[1] + beyond * out[1] + lower);
  };
  const count = width < NARROW ? 2 : 4;
  const along = (values: readonly number[], index: 0 | 1) =>
    ticks(values[0] as number, values.at(-1) as number, count).map(({ at, text }) => ({
      place: place(index === 0 ? at : 0, index === 1 ? at : 0, 0)[index],
      text,
    }));
  axis((t) => look(t, front, floor), along(grid.xs, 0), labels.x, centre);
  axis((t) => look(side, t, floor), along(grid.ys, 1), labels.y, centre);
  if (Math.cos(camera.elevation) < 0.2) return;
  const corners = [-1, 1].flatMap((x) => [-1, 1].map((y) => ({ x, y, left: look(x, y, 0)[0] })));
  const { x, y } = corners.reduce((a, b) => (b.left < a.left ? b : a));
  const marks = heightTicks(grid, 4)
    .map(({ at, text }) => ({ place: place(0, 0, at)[2] / HEIGHT, text }))
    // the floor's corner has labels of its own
    .filter((mark) => mark.place > -0.9);
  const [left, top] = look(x, y, 0);
  axis((t) => look(x, y, t * HEIGHT), marks, labels.z, [left + 1, top]);
}

function heightTicks({ log, low, high }: Grid, count: number): Tick[] {
  return log ? logTicks(low, high, count) : ticks(low, high, count);
}

/** Which colour is which height. */
function paintLegend(context: Context, { grid, labels }: Model, theme: Theme, width: number, height: number): void {
  const { width: bar, margin } = LEGEND;
  const tall = Math.min(160, height * 0.5);
  const [left, top] = [width - LEGEND.room, margin + 18];
  for (let i = 0; i < tall; i++) {
    context.fillStyle = `rgb(${blend(theme.heatmap, 1 - i / (tall - 1))})`;
    context.fillRect(left, top + i, bar, 1.5);
  }
  context.fillStyle = theme.foreground;
  context.font = `600 ${theme.fontSize}px ${theme.font}`;
  context.textAlign = "right";
  context.textBaseline = "bottom";
  context.fillText(labels.z, width - margin, top - 5);
  context.font = `${theme.fontSize}px ${theme.font}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const { at, text } of heightTicks(grid, 4)) {
    const y = top + tall * (1 - (at - grid.low) / (grid.high - grid.low || 1));
    context.fillText(text, left + bar + 5, y);
  }
}
