import type { CellError } from "./cells.ts";
import type { Action, Chart } from "./chart.ts";

/** What cells show: one content under several media types, and the media types of our own. */

/** One output: the same content under several media types, richest first for the renderer, text/plain always there. */
export interface Output {
  id: string;
  items: readonly OutputItem[];
}

export type OutputItem =
  | { mime: typeof CHART_MIME; data: Chart }
  | { mime: typeof FINDINGS_MIME; data: Findings }
  | { mime: typeof GALLERY_MIME; data: Gallery }
  | { mime: "text/plain" | "text/markdown" | "text/html" | "image/svg+xml"; data: string }
  | { mime: "image/png"; data: string /* base64 */ }
  | { mime: "application/json"; data: unknown }
  | { mime: typeof ERROR_MIME; data: CellError };

export const CHART_MIME = "application/vnd.dlnb.chart+json";
export const FINDINGS_MIME = "application/vnd.dlnb.findings+json";
export const GALLERY_MIME = "application/vnd.dlnb.gallery+json";
export const ERROR_MIME = "application/vnd.dlnb.error+json";

/** Checks and findings in words: what preflight and a diagnosis show. */
export interface Findings {
  id: string;
  /** "2 warnings in 11 checks: ..." */
  title: string;
  findings: readonly Finding[];
}

export interface Finding {
  /** Name of the rule or check: "dead-relu". */
  rule: string;
  severity: "error" | "warning" | "info" | "pass";
  /** The finding in a few words: "the learning rate is too high". */
  title: string;
  /** What was seen, with numbers. */
  saw: string;
  /** Why it matters; empty for a check that passed. */
  why: string;
  /** What to try, best first. */
  tries: readonly { text: string; action?: Action }[];
  /** The number that marks its evidence on a chart of the same output; not given: there is no mark. */
  mark?: number;
  /** Where it comes from. */
  paper?: string;
}

/** Small pictures in rows: examples, filters, attention maps. */
export interface Gallery {
  id: string;
  title: string;
  /** Text alternative. */
  text: string;
  pictures: readonly Picture[];
  /** Pictures of a row, where rows mean something; as many as there is room for when not given. */
  columns?: number;
}

export interface Picture {
  /** Under the picture: "7, not 1: 98 %". */
  caption: string;
  /** Larger text for a tooltip and screen readers. */
  detail: string;
  width: number;
  height: number;
  /** One byte per pixel (0 dark to 255 light) or three (red, green, blue), row-major, in base64. */
  channels: 1 | 3;
  pixels: string;
  /** One byte per pixel that is laid over the picture as warmth, 0 none to 255 most, in base64. */
  heat?: string;
}

/** A table by columns. Numbers are little-endian float64 in base64 (NaN: missing); text stays text. */
export type Columns = Readonly<Record<string, { f64: string } | { text: readonly string[] }>>;
