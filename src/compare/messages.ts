import type { ComparedRuns, CompareView } from "../../engine/protocol/index.ts";
import { isRecord } from "../outputs/read.ts";

/** Most runs beside each other. */
export const MOST_RUNS = 200;
/** Ranges of a brush: more axes than there are. */
const MOST_RANGES = 20;

/** What a page keeps while it is not shown, and gives back when the window is loaded again. */
export interface CompareState {
  /** Of the runs in the store. */
  readonly keys: readonly string[];
  readonly view: CompareView;
}

/** Panel to page. */
export type ToCompare =
  | { type: "compared"; compared: ComparedRuns; state: CompareState }
  /** There is nothing to show, and why. */
  | { type: "nothing"; text: string };

/** Page to panel. */
export type FromCompare =
  | { type: "ready" }
  | { type: "view"; view: CompareView }
  | { type: "copy"; as: "markdown" | "csv" }
  /** The table as a file, or the comparison as a cell of the notebook. */
  | { type: "export"; as: "csv" | "cell" }
  | { type: "open"; key: string }
  | { type: "choose" }
  | { type: "save"; name: string; base64: string };

export const FIRST_VIEW: CompareView = {
  figure: null,
  x: "step",
  bands: true,
  groupBy: null,
  brush: [],
  smoothing: 0.6,
  hidden: [],
};

const MOST_TEXT = 500;
const FILE_NAME = /^[\w-]{1,80}\.(png|svg)$/;

/** Pages are not trusted more than what they show. */
export function readFromCompare(message: unknown): FromCompare | null {
  if (!isRecord(message)) return null;
  const { type, as, key, name, base64 } = message;
  if (type === "ready" || type === "choose") return { type };
  if (type === "copy" && (as === "markdown" || as === "csv")) return { type, as };
  if (type === "export" && (as === "cell" || as === "csv")) return { type, as };
  if (type === "open" && isText(key)) return { type, key };
  if (type === "save" && typeof name === "string" && FILE_NAME.test(name) && typeof base64 === "string") {
    return { type, name, base64 };
  }
  if (type !== "view") return null;
  const view = readView(message.view);
  return view === null ? null : { type, view };
}

/** What was kept, as far as it can be used: anybody may have written it. */
export function readState(kept: unknown): CompareState {
  const { keys, view } = isRecord(kept) ? kept : {};
  return {
    keys: [...new Set((Array.isArray(keys) ? keys : []).filter((key) => typeof key === "string"))].slice(0, MOST_RUNS),
    view: readView(view) ?? FIRST_VIEW,
  };
}

function readView(view: unknown): CompareView | null {
  if (!isRecord(view)) return null;
  // earlier versions knew no groups and ranges
  const { figure, x, bands, groupBy = null, brush = [], smoothing, hidden } = view;
  if (figure !== null && !isText(figure)) return null;
  if (x !== "step" && x !== "epoch" && x !== "time") return null;
  if (typeof bands !== "boolean" || typeof smoothing !== "number" || !(smoothing >= 0 && smoothing < 1)) return null;
  if (!Array.isArray(hidden) || hidden.length > MOST_RUNS || !hidden.every(isText)) return null;
  if (groupBy !== null && !isText(groupBy)) return null;
  if (!Array.isArray(brush) || brush.length > MOST_RANGES || !brush.every(isRange)) return null;
  const ranges = brush.map(({ label, low, high }) => ({ label, low, high }));
  return { figure, x, bands, groupBy, brush: ranges, smoothing, hidden };
}

const isRange = (range: unknown): range is CompareView["brush"][number] =>
  isRecord(range) && isText(range.label) && Number.isFinite(range.low) && Number.isFinite(range.high);

const isText = (value: unknown): value is string => typeof value === "string" && value.length <= MOST_TEXT;
