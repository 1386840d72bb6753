import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** What the engine computed for a small drawing; see scripts/thumbnails.mjs. Points lie in a field of 480 x 160. */
export interface Drawing {
  readonly kind: "curve" | "density" | "function" | "walk";
  /** What was drawn, where that is not the entry with its defaults. */
  readonly call?: string;
  /** What is to be seen, in a few words. */
  readonly note: string;
  /** First and last mark of either axis; empty where there is none. */
  readonly x: readonly [string, string];
  readonly y: readonly [string, string];
  /** Where 0 is, in the field. */
  readonly zero?: readonly [number, number];
  /** The curve, then what lies behind it: "0,160 12,150 ...". */
  readonly paths: readonly string[];
}

export type Drawings = Readonly<Record<string, Drawing>>;

export async function readDrawings(extensionPath: string): Promise<Drawings> {
  return JSON.parse(await readFile(join(extensionPath, "snippets", "thumbnails.json"), "utf8")) as Drawings;
}

/** Colours that read on one of the editor's kinds of theme. */
export type Palette = keyof typeof PALETTES;

const PALETTES = {
  light: { line: "#005fb8", fill: "#005fb822", text: "#616161", axis: "#b0b0b0" },
  dark: { line: "#4daafc", fill: "#4daafc33", text: "#b0b0b0", axis: "#6a6a6a" },
  contrast: { line: "#ffff00", fill: "#ffff0040", text: "#ffffff", axis: "#ffffff" },
  contrastLight: { line: "#0f4a85", fill: "#0f4a8533", text: "#000000", axis: "#000000" },
} as const;

const SIZE = { width: 300, height: 124 };
/** Room for the marks of the axes. */
const FIELD = { left: 44, top: 8, width: 240, height: 92 };

/** The drawing as an SVG picture, of 300 x 124. */
export function svgOf({ kind, x, y, zero, paths: [curve = "", ...behind] }: Drawing, palette: Palette): string {
  const { line, fill, text, axis } = PALETTES[palette];
  const { left, top, width, height } = FIELD;
  const bottom = top + height;
  const right = left + width;
  const stroke = (colour: string, points: string, thickness: number) =>
    `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="${thickness}" stroke-linejoin="round" vector-effect="non-scaling-stroke"/>`;
  const label = (at: string, words: string) => `<text ${at} fill="${text}">${words}</text>`;
  const rule = (x1: number, y1: number, x2: number, y2: number) =>
    `<path d="M${x1} ${y1}L${x2} ${y2}" stroke="${axis}" vector-effect="non-scaling-stroke"/>`;
  const inside = (value: number | undefined, most: number) => value !== undefined && value >= 0 && value <= most;
  const field = [
    ...behind.map((points) => stroke(axis, points, 1)),
    ...(zero && inside(zero[0], 480) ? [rule(zero[0], 0, zero[0], 160)] : []),
    ...(zero && inside(zero[1], 160) ? [rule(0, zero[1], 480, zero[1])] : []),
    ...(kind === "density" ? [`<polygon points="${curve}" fill="${fill}"/>`] : []),
    stroke(line, curve, 2),
    ...(kind === "walk" ? curve.split(" ").map((at) => dot(at, line)) : []),
  ];
  const marks =
    kind === "walk"
      ? []
      : [
          rule(left, bottom, right, bottom),
          ...(kind === "density" ? [] : [rule(left, top, left, bottom)]),
          label(`x="${left}" y="${bottom + 15}"`, x[0]),
          label(`x="${right}" y="${bottom + 15}" text-anchor="end"`, x[1]),
          label(`x="${left - 5}" y="${bottom}" text-anchor="end"`, y[0]),
          label(`x="${left - 5}" y="${top + 9}" text-anchor="end"`, y[1]),
        ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE.width}" height="${SIZE.height}" viewBox="0 0 ${SIZE.width} ${SIZE.height}" font-family="sans-serif" font-size="11">`,
    `<svg x="${left}" y="${top}" width="${width}" height="${height}" viewBox="0 0 480 160" preserveAspectRatio="none"${kind === "walk" ? "" : ' overflow="visible"'}>`,
    ...field,
    "</svg>",
    ...marks,
    "</svg>",
  ].join("");
}

function dot(at: string, colour: string): string {
  const [x, y] = at.split(",");
  return `<circle cx="${x}" cy="${y}" r="4" fill="${colour}"/>`;
}

/** As Markdown: the picture, which says in words what it shows. */
export function pictureOf(drawing: Drawing, palette: Palette): string {
  const words = (drawing.call ? `${drawing.call.replace(/\s+/g, " ")}: ` : "") + drawing.note;
  const data = Buffer.from(svgOf(drawing, palette)).toString("base64");
  const alternative = words.replace(/[\\[\]`*_<>"]/g, "\\$&");
  return `![${alternative}](data:image/svg+xml;base64,${data}|width=${SIZE.width},height=${SIZE.height})`;
}
