import type { Output } from "./outputs.ts";

/** Cells: what is asked of them, how they ran, what is kept of them. */

export interface RunParams {
  cell: string;
  /** Position in the notebook, from 1: error messages say "cell 3". */
  index: number;
  text: string;
}

export interface CellResult {
  ok: boolean;
  wallMs: number;
  /** Execution order in this kernel, from 1. */
  order: number;
  error?: CellError;
}

export interface CellError {
  /** Class of the error: ShapeError, ConfigError, SyntaxError, Interrupted ... */
  name: string;
  message: string;
  /** Position in the cell's own text, from 1, when known. */
  line?: number;
  column?: number;
  /** Frames in the user's code only, as text. */
  stack: string;
  /** Ids of the cells that the frames name by their index then: `{ "2": "c2" }`. */
  cells?: Readonly<Record<string, string>>;
  /** What to do about it, in a sentence. */
  remedy?: string;
  /** An editor can run what the cell needs and the cell again: names that other cells define are not there yet. */
  needs?: boolean;
}

export interface RunningCell extends RunParams {
  order: number;
  /** ISO 8601. */
  startedAt: string;
  /** All outputs so far, charts with all their rows; console text as in `SavedCell`. */
  outputs: readonly Output[];
}

export interface RanCell {
  cell: string;
  /** As it ran. */
  text: string;
  order: number;
  ok: boolean;
}

export interface CheckedCell {
  problems: readonly Problem[];
  /** Its top-level names, with their lines, from 1. */
  declares: readonly { name: string; line: number }[];
  /** Names that it reads, also inside its functions, and does not declare itself: of other cells, the library and the language. */
  uses: readonly string[];
  /** Names that it does not declare and sets to another value (`lr = 0.1`). */
  assigns: readonly string[];
  /** Equal for texts that differ in layout, comments and types only; empty with a problem. */
  digest: string;
}

export interface Problem {
  message: string;
  /** From 1. */
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  severity: "error" | "warning";
}

/**
 * What the kernel saves under `.dlnb/<notebook>/outputs/<cell>.json`, for the editor to show on reopening. Console text
 * is an output of text/plain whose id begins with "stdout-" or "stderr-"; a failed cell's last output is its error.
 */
export interface SavedCell {
  version: 1;
  cell: string;
  /** SHA-256 of the cell's text when it ran: other text means the outputs are old. */
  textHash: string;
  order: number;
  ok: boolean;
  startedAt: string;
  wallMs: number;
  outputs: readonly Output[];
}
