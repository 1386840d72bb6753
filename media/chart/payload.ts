import type { Bundle } from "../../l10n/index.ts";
import { UNREADABLE } from "./words.ts";

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
  link?: { field: string; param: string };
  scrub?: { param: string; label: string; values: readonly number[]; start: number; perSecond?: number };
  choose?: readonly { param: string; label: string; choices: readonly { label: string; value: string | number }[] }[];
  surface?: {
    dataset: string;
    x: string;
    y: string;
    z: string;
    labels: { x: string; y: string; z: string };
    log: boolean;
    path?: { dataset: string; x: string; y: string; z: string };
  };
  actions?: readonly Action[];
  pick?: { kind: "checkpoint"; dataset: string; field: string; file: string; label: string };
  run?: string;
}

export interface Action {
  label: string;
  title: string;
  do:
    | { kind: "set-option"; options: readonly string[]; value: number; experiment: string | null }
    | { kind: "insert-cell"; text: string }
    | { kind: "go-back"; how: "restore" | "branch"; file: string; step: number };
}

export type RunControl =
  | { do: "pause" }
  | { do: "resume" }
  | { do: "stop-after-epoch" }
  | { do: "keep-going" }
  | { do: "set-lr"; value: number }
  | { do: "set-schedule"; points: readonly (readonly [step: number, lr: number])[] }
  | { do: "follow-plan" }
  | { do: "scale-lr"; factor: number };

/** Where a run under way stands, for its controls. */
export interface LiveStatus {
  paused: boolean;
  stopping: "epoch" | null;
  step: number;
  steps: number;
  epoch: number;
  epochs: number;
  /** Null: its steps have no rate that could be set. */
  lr: number | null;
  /** How many train side by side and are changed as one. */
  runs: number;
  /** Each of those has a rate of its own: they can be scaled, and not set. */
  ownRates: boolean;
  /** The rates to come; null before they are known. */
  plan: { steps: readonly number[]; lr: readonly number[]; planned: readonly number[] } | null;
}

export interface Findings {
  id: string;
  title: string;
  findings: readonly Finding[];
}

export interface Finding {
  rule: string;
  severity: "error" | "warning" | "info" | "pass";
  title: string;
  saw: string;
  why: string;
  tries: readonly { text: string; action?: Action }[];
  mark?: number;
  paper?: string;
}

export interface Gallery {
  id: string;
  title: string;
  text: string;
  pictures: readonly Picture[];
  columns?: number;
}

export interface Picture {
  caption: string;
  detail: string;
  width: number;
  height: number;
  channels: 1 | 3;
  pixels: string;
  heat?: string;
}

export interface CellError {
  name: string;
  message: string;
  line?: number;
  column?: number;
  stack: string;
  cells?: Readonly<Record<string, string>>;
  remedy?: string;
  needs?: boolean;
}

export const CHART_MIME = "application/vnd.dlnb.chart+json";
export const FINDINGS_MIME = "application/vnd.dlnb.findings+json";
export const GALLERY_MIME = "application/vnd.dlnb.gallery+json";
export const ERROR_MIME = "application/vnd.dlnb.error+json";

/** Editor to page: a chart as it is now, or rows that join it. */
export type ToRenderer =
  | { type: "chart"; chart: Chart }
  | { type: "rows"; chart: string; dataset: string; columns: Columns; replace: boolean }
  /** A run of the notebook, for the controls under the chart of that run. */
  | { type: "live"; run: string; status: LiveStatus }
  /** What everything is called in the editor's language. */
  | { type: "words"; bundle: Bundle };

/** Page to editor. `words` asks for the language, `sync` asks for what a chart that was just drawn has missed, `open` for a panel that shows it,
 * `act` for what a button under the cell's output offers, `control` for a change of the run that a chart shows. */
export type FromRenderer =
  | { type: "words" }
  | { type: "sync"; chart: string }
  | { type: "open"; chart: string }
  | { type: "reveal"; cell: string; line: number; column: number }
  | { type: "openFile"; file: string; line: number; column: number }
  | { type: "rerun"; cell: string }
  | { type: "act"; cell: string; action: Action }
  | { type: "control"; run: string; change: RunControl }
  | { type: "save"; name: string; base64: string };

/** Panel to editor: it is there, a button of its chart was pressed, or it wants a file saved. */
export type FromPanel =
  | { type: "ready" }
  | { type: "act"; action: Action }
  | { type: "control"; run: string; change: RunControl }
  | { type: "save"; name: string; base64: string };

/** Reads an output item; throws when it is no chart. */
export function readChart(value: unknown): Chart {
  const chart = value as Partial<Chart> | null;
  if (typeof chart?.id !== "string" || typeof chart.spec !== "object" || typeof chart.datasets !== "object") {
    throw new Error(UNREADABLE.chart);
  }
  return { title: "", kind: "plot", live: false, text: "", ...chart } as Chart;
}
