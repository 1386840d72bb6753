/** What is known of cells from their texts alone. */

/** A number that a cell gives an option. */
export interface LocatedOption {
  cell: string;
  option: string;
  /** The number as it is written, and where. */
  text: string;
  start: number;
  end: number;
  /** The calls around it, outermost first: `["experiment", "optim.adamw"]`. */
  within: readonly string[];
  /** The name that the statement around it declares, as `exp` in `const exp = experiment({ ... })`. */
  declares: string | null;
}

export interface AnalyzeParams {
  /** As in `InitializeParams`. */
  notebook: string | null;
  folder: string;
  /** In the order of the notebook. */
  cells: readonly { cell: string; text: string }[];
}

/** Offsets count UTF-16 units of the cell's text. */
export interface CellAnalysis {
  cell: string;
  /** False: the text is no TypeScript as it stands. */
  parsed: boolean;
  problems: readonly CellProblem[];
  hints: readonly CellHint[];
}

/** A mistake of values, ranges or shapes, found before anything ran. */
export interface CellProblem {
  start: number;
  end: number;
  /** The engine's own. */
  message: string;
  severity: "error" | "warning";
  /** What kind it is: `range`, `shape` ... */
  code: string;
  /** Whether types alone could tell, so that TypeScript may have said it. */
  typed: boolean;
  /** The likeliest first. */
  fixes: readonly CellFix[];
}

export interface CellFix {
  title: string;
  edits: readonly { cell: string; start: number; end: number; text: string }[];
}

/** What a layer or experiment will be, to be shown behind `offset`. */
export interface CellHint {
  offset: number;
  /** `→ 16×4×4`. */
  shapes: string;
  /** With the number of parameters: `→ 16×4×4 · 2,320`. */
  text: string;
  tooltip: string;
}
