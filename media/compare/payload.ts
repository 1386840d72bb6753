import type { Chart } from "../chart/payload.ts";

// What the panel sends, and hears: a mirror of engine/protocol/compare.ts and src/compare/messages.ts. A test holds them equal.

/** What a reader of a comparison chose to see. */
export interface CompareView {
  readonly figure: string | null;
  readonly x: "step" | "epoch" | "time";
  readonly bands: boolean;
  readonly groupBy: string | null;
  readonly brush: readonly Range[];
  readonly smoothing: number;
  readonly hidden: readonly string[];
}

/** Ends of what is selected on an axis. */
export interface Range {
  readonly label: string;
  readonly low: number;
  readonly high: number;
}

/** Groups and runs are named by their places in `groups` and `runs`. */
export interface ComparedRuns {
  readonly verdict: string;
  readonly notes: readonly string[];
  readonly figure: string;
  readonly figures: readonly { readonly key: string; readonly label: string }[];
  readonly chart: Chart;
  readonly groups: readonly ComparedGroup[];
  readonly ranking: readonly number[];
  readonly runs: readonly ComparedRun[];
  readonly columns: readonly RunColumn[];
  readonly config: readonly ConfigRow[];
  readonly parallel: readonly ParallelAxis[] | null;
  readonly groupings: readonly string[];
}

export interface ComparedGroup {
  readonly label: string;
  readonly runs: readonly number[];
  readonly hidden: boolean;
  readonly ends: string;
  readonly behind: string;
}

export interface ComparedRun {
  readonly key: string;
  readonly name: string;
  readonly group: number;
  readonly live: boolean;
  readonly within: boolean;
  readonly cells: readonly Cell[];
}

export type Cell = string | number | null;

export interface RunColumn {
  readonly label: string;
  readonly numeric: boolean;
  readonly better: "higher" | "lower" | null;
  readonly main: boolean;
}

export interface ConfigRow {
  readonly path: string;
  readonly group: string;
  readonly differs: boolean;
  readonly values: readonly (string | null)[];
}

export interface ParallelAxis {
  readonly label: string;
  readonly log: boolean;
  readonly outcome: boolean;
  readonly low: number;
  readonly high: number;
  readonly values: readonly (number | null)[];
}

export interface CompareState {
  readonly keys: readonly string[];
  readonly view: CompareView;
}

export type ToCompare =
  | { type: "compared"; compared: ComparedRuns; state: CompareState }
  | { type: "nothing"; text: string };

export type FromCompare =
  | { type: "ready" }
  | { type: "view"; view: CompareView }
  | { type: "copy"; as: "markdown" | "csv" }
  | { type: "export"; as: "csv" | "cell" }
  | { type: "open"; key: string }
  | { type: "choose" }
  | { type: "save"; name: string; base64: string };
