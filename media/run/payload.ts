import type { Chart, Columns, LiveStatus, RunControl } from "../chart/payload.ts";

// Between a run's panel and its page: mirrors src/runs/messages.ts, and a type-level test holds them equal.

export type Section = "curves" | "statistics" | "configuration" | "log" | "checkpoints" | "notes";

export type RunState = "running" | "paused" | "finished" | "interrupted" | "early" | "non-finite" | "failed" | "lost";

export type ToRunPage =
  | { readonly type: "run"; readonly run: RunHead }
  | { readonly type: "chart"; readonly place: ChartPlace; readonly chart: Chart | null; readonly why: string }
  | {
      readonly type: "rows";
      readonly place: ChartPlace;
      readonly dataset: string;
      readonly columns: Columns;
      readonly replace: boolean;
    }
  | { readonly type: "configuration"; readonly configuration: ConfigurationView }
  | { readonly type: "events"; readonly events: readonly EventLine[]; readonly first: number; readonly total: number }
  | { readonly type: "checkpoints"; readonly checkpoints: readonly CheckpointLine[] }
  | { readonly type: "notes"; readonly text: string; readonly why: string }
  | { readonly type: "saved"; readonly edit: number }
  | { readonly type: "live"; readonly status: LiveStatus | null }
  | { readonly type: "gone"; readonly why: string };

export type ChartPlace = "curves" | "statistics";

export interface RunHead {
  readonly key: string;
  readonly name: string;
  readonly status: RunState;
  readonly word: string;
  readonly sentence: string;
  readonly figures: readonly Named[];
  readonly facts: readonly Named[];
  readonly kept: boolean;
}

export interface Named {
  readonly name: string;
  readonly text: string;
}

export interface ConfigurationView {
  readonly groups: readonly { readonly title: string; readonly rows: readonly Named[] }[];
  readonly layers: readonly LayerLine[];
  readonly more: number;
  readonly code: boolean;
}

export interface LayerLine {
  readonly path: string;
  readonly type: string;
  readonly shape: string;
  readonly parameters: string;
}

export interface EventLine {
  readonly step: string;
  readonly text: string;
  readonly level: "info" | "warning" | "error";
}

export interface CheckpointLine {
  readonly file: string;
  readonly step: number;
  readonly epoch: string;
  readonly why: string;
  readonly size: string;
  readonly there: boolean;
}

export type FromRunPage =
  | { readonly type: "ready"; readonly section: Section }
  | { readonly type: "section"; readonly section: Section }
  | { readonly type: "notes"; readonly text: string; readonly edit: number }
  | { readonly type: "earlier"; readonly before: number }
  | { readonly type: "copy"; readonly what: "json" | "code" }
  | { readonly type: "checkpoint"; readonly do: "restore" | "branch"; readonly file: string; readonly step: number }
  | { readonly type: "control"; readonly change: RunControl }
  | { readonly type: "do"; readonly what: "folder" | "cell" | "compare" | "notes" }
  | { readonly type: "save"; readonly name: string; readonly base64: string };
