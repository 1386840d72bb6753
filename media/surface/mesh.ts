import { blend } from "../chart/colours.ts";
import type { Grid, SurfaceHint } from "./grid.ts";

/** Vertices, and triangles by the indices of their corners (from 0, counterclockwise seen from above). */
export interface Mesh {
  vertices: readonly (readonly [x: number, y: number, z: number])[];
  triangles: readonly (readonly [number, number, number])[];
}

/** Two triangles per cell whose four corners have heights. Points without a height are no vertices. */
export function meshOf({ xs, ys, z }: Grid): Mesh {
  const index = new Map<number, number>();
  const vertices = z.flatMap((height, k): [number, number, number][] => {
    if (Number.isNaN(height)) return [];
    index.set(k, index.size);
    return [[xs[k % xs.length] as number, ys[Math.floor(k / xs.length)] as number, height]];
  });
  const triangles: [number, number, number][] = [];
  for (let j = 0; j + 1 < ys.length; j++) {
    for (let i = 0; i + 1 < xs.length; i++) {
      const k = j * xs.length + i;
      const [a, b, c, d] = [k, k + 1, k + 1 + xs.length, k + xs.length].map((corner) => index.get(corner));
      if (a === undefined || b === undefined || c === undefined || d === undefined) continue;
      triangles.push([a, b, c], [a, c, d]);
    }
  }
  return { vertices, triangles };
}

/** Wavefront OBJ: the surface as triangles and the path over it as lines, in the units of the chart. */
export function toObj(grid: Grid, { labels }: Pick<SurfaceHint, "labels">): string {
  const { vertices, triangles } = meshOf(grid);
  const pieces = unbroken(grid.path);
  let next = vertices.length + 1;
  const lines = pieces.map((piece) => {
    const from = next;
    next += piece.length;
    return `l ${piece.map((_, i) => from + i).join(" ")}`;
  });
  return [
    ...describe(grid, labels).map((line) => `# ${line}`),
    "o surface",
    ...[...vertices, ...pieces.flat()].map((vertex) => `v ${vertex.join(" ")}`),
    ...triangles.map((corners) => `f ${corners.map((corner) => corner + 1).join(" ")}`),
    ...(lines.length === 0 ? [] : ["o path", ...lines]),
    "",
  ].join("\n");
}

/** Stanford PLY in text: the surface as triangles, with the colours of its heights. */
export function toPly(grid: Grid, { labels }: Pick<SurfaceHint, "labels">, stops: readonly string[]): string {
  const { vertices, triangles } = meshOf(grid);
  const share = (z: number) => (z - grid.low) / (grid.high - grid.low || 1);
  return [
    "ply",
    "format ascii 1.0",
    ...describe(grid, labels).map((line) => `comment ${line}`),
    `element vertex ${vertices.length}`,
    ...["x", "y", "z"].map((name) => `property double ${name}`),
    ...["red", "green", "blue"].map((name) => `property uchar ${name}`),
    `element face ${triangles.length}`,
    "property list uchar int vertex_indices",
    "end_header",
    ...vertices.map((vertex) => [...vertex, ...blend(stops, share(vertex[2]))].join(" ")),
    ...triangles.map((corners) => `3 ${corners.join(" ")}`),
    "",
  ].join("\n");
}

function describe({ log }: Grid, labels: SurfaceHint["labels"]): string[] {
  const words = [`x: ${labels.x}`, `y: ${labels.y}`, `z: ${log ? "log10 of " : ""}${labels.z}`];
  return ["made by dlnb", ...words.map((line) => line.replace(/\s+/g, " "))];
}

/** Pieces of a path between its gaps, of two points or more. */
function unbroken(path: Grid["path"]): Grid["path"][] {
  const pieces: [number, number, number][][] = [[]];
  for (const [x, y, z] of path) {
    if (Number.isNaN(x + y + z)) pieces.push([]);
    else pieces.at(-1)?.push([x, y, z]);
  }
  return pieces.filter((piece) => piece.length > 1);
}
