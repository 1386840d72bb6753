import type { Chart, ChartRows, RunControl } from "../../engine/protocol/index.ts";
import { type LiveStatus, readControl } from "../live/status.ts";
import { isRecord } from "../outputs/read.ts";
import type { RunState } from "./entry.ts";
import { MAX_NOTES } from "./notes.ts";

// Between a run's panel and its page, `media/run`, which mirrors the types.

/** Parts of the panel. */
export const SECTIONS = ["curves", "statistics", "configuration", "log", "checkpoints", "notes"] as const;
export type Section = (typeof SECTIONS)[number];

/** To the page. All words are as the reader is to see them. */
export type ToRunPage =
  | { readonly type: "run"; readonly run: RunHead }
  /** Its first state, or another one: a chart is drawn anew. Null: there is none, and `why` says so. */
  | { readonly type: "chart"; readonly place: ChartPlace; readonly chart: Chart | null; readonly why: string }
  | ({ readonly type: "rows"; readonly place: ChartPlace } & ChartRows)
  | { readonly type: "configuration"; readonly configuration: ConfigurationView }
  /** Events `first` (from 0) and on, of `total`: they stand before or behind those that are shown. */
  | { readonly type: "events"; readonly events: readonly EventLine[]; readonly first: number; readonly total: number }
  | { readonly type: "checkpoints"; readonly checkpoints: readonly CheckpointLine[] }
  /** What the file says; `why` when it cannot be read or written. */
  | { readonly type: "notes"; readonly text: string; readonly why: string }
  /** The notes of this number and before are in the file. */
  | { readonly type: "saved"; readonly edit: number }
  /** Where it stands while it can be changed; null: no kernel trains it. */
  | { readonly type: "live"; readonly status: LiveStatus | null }
  /** There is nothing to show any more. */
  | { readonly type: "gone"; readonly why: string };

export type ChartPlace = "curves" | "statistics";

export interface RunHead {
  readonly key: string;
  readonly name: string;
  readonly status: RunState;
  readonly word: string;
  /** What the status means; empty where the word says it. */
  readonly sentence: string;
  /** Key figures, and what else is known, by name. */
  readonly figures: readonly Named[];
  readonly facts: readonly Named[];
  /** Whether it has a folder: checkpoints and notes. */
  readonly kept: boolean;
}

export interface Named {
  readonly name: string;
  readonly text: string;
}

export interface ConfigurationView {
  readonly groups: readonly { readonly title: string; readonly rows: readonly Named[] }[];
  readonly layers: readonly LayerLine[];
  /** Layers that are not listed. */
  readonly more: number;
  /** Whether it can be copied as code. */
  readonly code: boolean;
}

export interface LayerLine {
  readonly path: string;
  readonly type: string;
  readonly shape: string;
  /** Numbers that it learns; empty when it has none. */
  readonly parameters: string;
}

export interface EventLine {
  readonly step: string;
  readonly text: string;
  /** What stands out. */
  readonly level: "info" | "warning" | "error";
}

export interface CheckpointLine {
  readonly file: string;
  readonly step: number;
  readonly epoch: string;
  readonly why: string;
  readonly size: string;
  /** Whether the file is there. */
  readonly there: boolean;
}

/** From the page, which is not trusted: `readRunMessage` checks it. */
export type FromRunPage =
  /** It was made, or made anew; `section` is the one that it shows. */
  | { readonly type: "ready"; readonly section: Section }
  | { readonly type: "section"; readonly section: Section }
  | { readonly type: "notes"; readonly text: string; readonly edit: number }
  | { readonly type: "earlier"; readonly before: number }
  | { readonly type: "copy"; readonly what: "json" | "code" }
  | { readonly type: "checkpoint"; readonly do: "restore" | "branch"; readonly file: string; readonly step: number }
  | { readonly type: "control"; readonly change: RunControl }
  | { readonly type: "do"; readonly what: "folder" | "cell" | "compare" | "notes" }
  | { readonly type: "save"; readonly name: string; readonly base64: string };

const FILE_NAME = /^[\w.-]+\.(svg|png|obj|ply)$/;
const DEEDS = ["folder", "cell", "compare", "notes"] as const;

/** Null for what the page should not say. */
export function readRunMessage(message: unknown): FromRunPage | null {
  if (!isRecord(message)) return null;
  const { type, section, text, edit, before, what, file, step, name, base64 } = message;
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  switch (type) {
    case "ready":
    case "section": {
      const known = SECTIONS.find((one) => one === section);
      return known === undefined ? null : { type, section: known };
    }
    case "notes":
      if (typeof text !== "string" || text.length > MAX_NOTES || !isCount(edit)) return null;
      return { type, text, edit };
    case "earlier":
      return isCount(before) ? { type, before } : null;
    case "copy":
      return what === "json" || what === "code" ? { type, what } : null;
    case "checkpoint": {
      const deed = message.do;
      if (typeof file !== "string" || !isCount(step)) return null;
      return deed === "restore" || deed === "branch" ? { type, do: deed, file, step } : null;
    }
    case "control": {
      const change = readControl(message.change);
      return change === null ? null : { type, change };
    }
    case "do": {
      const deed = DEEDS.find((one) => one === what);
      return deed === undefined ? null : { type, what: deed };
    }
    case "save":
      return typeof name === "string" && FILE_NAME.test(name) && typeof base64 === "string"
        ? { type, name, base64 }
        : null;
    default:
      return null;
  }
}
