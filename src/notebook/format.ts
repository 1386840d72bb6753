/**
 * The text of a `.dlnb` file. It is Markdown, with a version in the front matter and TypeScript cells as fenced blocks:
 *
 *     ---
 *     dlnb: 1
 *     ---
 *
 *     # Prose, as it is
 *
 *     ```ts {#load}
 *     const digits = await data.csv("data/digits.csv", { target: "y" });
 *     ```
 *
 *     <!-- cell -->
 *
 *     This line starts a Markdown cell of its own.
 *
 * `ts {#id}`: the first word of the info string is the language, so GitHub, VS Code and Pandoc highlight the cell; the
 * attribute block with an id is what makes it run, so plain `ts` fences stay prose. Ids tie saved outputs to cells, and they do
 * not move when cells do. What else stands in the block (`{#id .hidden note="x"}`) is kept. A fence inside a longer fence,
 * or inside an HTML comment, is prose: cells can be shown and commented out.
 *
 * `<!-- cell -->` is written only where it is needed: between two Markdown cells, and before an empty one. Prose that would
 * not stay prose (a cell's fence, an unclosed fence) stands between `<!-- cell raw -->` and `<!-- end raw -->`.
 *
 * Reading never throws and hides nothing: what is damaged becomes visible text with a problem that names its line.
 * Writing what was read gives the same bytes, but for repaired ids and fences; what is not canonical is in `layout`.
 */
import { printNotebook, withoutCanonical } from "./print.ts";
import { readNotebook } from "./read.ts";

export { printNotebook };

/** Cells, and what is wrong, of any text whatever. */
export function parseNotebook(text: string): Notebook & { problems: readonly NotebookProblem[] } {
  const { lines: _, ...read } = readNotebook(text);
  return { ...read, cells: withoutCanonical(read.cells, read.head !== null) };
}

/** For every cell of a text: the line that opens it, from 1, when it is a code cell. Its own first line is the next. */
export function cellLines(text: string): readonly number[] {
  return readNotebook(text).lines;
}

export interface Notebook {
  cells: readonly NotebookCell[];
  /** Front matter with its `---` lines and no line break at the end. Not given: that of a new file; null: the file has none. */
  head?: string | null;
  bom?: boolean;
  /** `mixed`: texts keep their carriage returns. */
  eol?: "\n" | "\r\n" | "mixed";
  /** What follows the last cell, when it is not one line break. Line breaks are `\n`, as in texts. */
  end?: string;
}

export interface NotebookCell {
  kind: "markdown" | "code";
  /** Of code cells: letters, digits, `-` and `_`, unique in the notebook. Those that have none get one when written. */
  id?: string;
  /** The rest of the attribute block, as it stands in the file. */
  attributes?: string;
  /** Lines joined by `\n`, none at the end. */
  text: string;
  /** How the file has it, where that differs from what would be written. */
  layout?: Layout;
}

/** Used again as long as it fits the cell and its neighbour. */
export interface Layout {
  /** Lines between the cell before and this one, each with its line break, and what the cell before was. */
  before?: { after: NotebookCell["kind"] | "start"; lines: string };
  /** Lines that open and close the cell. */
  open?: string;
  close?: string;
  /** The cell's only line is empty. */
  blank?: boolean;
  /** Prose that is not between the lines for raw prose although it should be. */
  plain?: boolean;
}

export interface NotebookProblem {
  /** In the file, from 1. */
  line: number;
  message: string;
  /** Errors keep a notebook from running on the command line. */
  severity: "error" | "warning";
}
