import type * as Vega from "vega";
import { encodePng } from "./png.ts";

/** The parts of Vega's scenegraph that are read and replaced here. */
interface Item {
  x?: number;
  y?: number;
  width?: number;
  height?: number;
  fill?: unknown;
  stroke?: unknown;
  opacity?: number;
  items?: Mark[];
}
interface Mark {
  marktype: string;
  items: Item[];
}

type Edges = [left: number, top: number, right: number, bottom: number];

/** Beyond this many cells a heat map is a picture: as shapes it would make a page of megabytes. */
const MOST_CELLS = 1500;
/** Pixels of the picture per pixel of the page, and at most. */
const [SHARPNESS, MOST_PIXELS] = [2, 4e6];
/** Stands for the n-th picture's place until the drawing is text. */
const marker = (n: number) => `#0a0b${(0x10 + n).toString(16).padStart(2, "0")}`;
const MOST_PICTURES = 200;

/**
 * Turns heat maps of very many cells, in a view that has run, into one picture each. Returns what puts the pictures into the
 * drawing's text. Cells in the page's own colours (`fixed`) stay shapes: those change with the theme.
 */
export function rasterize(view: Vega.View, fixed: readonly string[]): (svg: string) => string {
  const pictures: string[] = [];
  const visit = (mark: Mark): void => {
    if (mark.marktype === "group") for (const item of mark.items) for (const part of item.items ?? []) visit(part);
    if (mark.marktype !== "rect" || mark.items.length <= MOST_CELLS || pictures.length >= MOST_PICTURES) return;
    const picture = paint(mark.items, fixed);
    if (picture === null) return;
    const { left, top, width, height, png } = picture;
    const place = { x: left, y: top, width, height, fill: marker(pictures.length), stroke: null, opacity: 1 };
    // Vega keeps what it knows of an item on it
    mark.items = [Object.assign(mark.items[0] as Item, place)];
    pictures.push(
      `<image x="${left}" y="${top}" width="${width}" height="${height}" preserveAspectRatio="none" href="data:image/png;base64,${png.toString("base64")}"/>`,
    );
  };
  visit((view.scenegraph() as unknown as { root: Mark }).root);
  return (svg) =>
    pictures.reduce(
      (text, picture, n) => text.replace(new RegExp(`<path [^>]*fill="${marker(n)}"[^>]*/>`), () => picture),
      svg,
    );
}

/** Cells as pixels; what no cell covers lets the page through. Null when a colour is not one of the drawing. */
function paint(
  cells: readonly Item[],
  fixed: readonly string[],
): { left: number; top: number; width: number; height: number; png: Buffer } | null {
  const edges = cells.map(({ x = 0, y = 0, width = 0, height = 0 }): Edges => [x, y, x + width, y + height]);
  const [left, top, right, bottom] = edges.reduce((a, b) => [
    Math.min(a[0], b[0]),
    Math.min(a[1], b[1]),
    Math.max(a[2], b[2]),
    Math.max(a[3], b[3]),
  ]);
  const [columns, rows] = [Math.ceil((right - left) * SHARPNESS), Math.ceil((bottom - top) * SHARPNESS)];
  if (!(columns > 0 && rows > 0) || columns * rows > MOST_PIXELS) return null;
  const rgba = new Uint8Array(4 * columns * rows);
  for (const [k, cell] of cells.entries()) {
    const colour = fixed.includes(String(cell.fill)) ? null : channels(String(cell.fill));
    if (colour === null) return null;
    const [x1, y1, x2, y2] = (edges[k] as Edges).map((edge, axis) =>
      Math.round((edge - (axis % 2 === 0 ? left : top)) * SHARPNESS),
    ) as Edges;
    const alpha = Math.round(255 * (cell.opacity ?? 1));
    // a cell under half a pixel is still seen
    for (let y = y1; y < Math.min(rows, Math.max(y2, y1 + 1)); y++) {
      for (let x = x1; x < Math.min(columns, Math.max(x2, x1 + 1)); x++)
        rgba.set([...colour, alpha], 4 * (y * columns + x));
    }
  }
  return { left, top, width: right - left, height: bottom - top, png: encodePng(columns, rows, 4, rgba) };
}

/** Of "rgb(1, 2, 3)" and "#010203". */
function channels(colour: string): [number, number, number] | null {
  const [, r, g, b] = /^rgb\((\d+), ?(\d+), ?(\d+)\)$/.exec(colour) ?? [];
  if (r !== undefined) return [Number(r), Number(g), Number(b)];
  if (!/^#[0-9a-f]{6}$/i.test(colour)) return null;
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
