/**
 * The payloads this folder draws, as the kernel sends them. They mirror engine/protocol, which pages must not import; a
 * type-level test holds the two equal.
 */

export interface Chart {
  id: string;
  title: string;
  kind: "learning-curve" | "plot";
  spec: Readonly<Record<string, unknown>>;
  datasets: Readonly<Record<string, Columns>>;
  live: boolean;
  text: string;
}

export type Columns = Readonly<Record<string, { f64: string } | { text: readonly string[] }>>;

export interface ChartHints {
  x?: { field: string; label: string; end?: { param: string; planned: number } };
  log?: readonly string[];
  smooth?: { dataset: string; field: string; as: string; weight: number };
  values?: readonly { dataset: string; field: string; label: string; series: string | null }[];
}

export interface CellError {
  name: string;
  message: string;
  line?: number;
  column?: number;
  stack: string;
}

export const CHART_MIME = "application/vnd.dlnb.chart+json";
export const ERROR_MIME = "application/vnd.dlnb.error+json";

/** Editor to page: a chart as it is now, or rows that join it. */
export type ToRenderer =
  | { type: "chart"; chart: Chart }
  | { type: "rows"; chart: string; dataset: string; columns: Columns; replace: boolean };

/** Page to editor. `sync` asks for what a chart that was just drawn has missed, `open` for a panel that shows it. */
export type FromRenderer =
  | { type: "sync"; chart: string }
  | { type: "open"; chart: string }
  | { type: "reveal"; cell: string; line: number; column: number }
  | { type: "save"; name: string; base64: string };

/** Panel to editor: it is there, or wants a file saved. */
export type FromPanel = { type: "ready" } | { type: "save"; name: string; base64: string };

/** The hints of a chart, wherever it came from: what is not as it should be is left out. */
export function hintsOf(chart: Chart): ChartHints {
  const meta = chart.spec.usermeta as { dlnb?: unknown } | undefined;
  return typeof meta?.dlnb === "object" && meta.dlnb !== null ? (meta.dlnb as ChartHints) : {};
}

/** Reads an output item; throws when it is no chart. */
export function readChart(value: unknown): Chart {
  const chart = value as Partial<Chart> | null;
  if (typeof chart?.id !== "string" || typeof chart.spec !== "object" || typeof chart.datasets !== "object") {
    throw new Error("this output is not a chart that this version of dlnb can draw");
  }
  return { title: "", kind: "plot", live: false, text: "", ...chart } as Chart;
}
