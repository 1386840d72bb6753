import type { Layout, Notebook, NotebookCell } from "./format.ts";
import {
  cellFence,
  closes,
  FORMAT_VERSION,
  fenceMarks,
  isBlank,
  isMarker,
  isRawClose,
  MARKER,
  rawClose,
  rawOpen,
  rawTag,
} from "./grammar.ts";
import { uniqueIds } from "./ids.ts";
import { readBody, readNotebook } from "./read.ts";

const NEW_HEAD = `---\ndlnb: ${FORMAT_VERSION}\n---`;

/** The file's text. Reading it gives the same cells. */
export function printNotebook(notebook: Notebook): string {
  const ids = uniqueIds(notebook.cells);
  const eol = notebook.eol ?? "\n";
  const cells = notebook.cells.map((cell, i): NotebookCell => {
    const text = eol === "mixed" ? cell.text : cell.text.replaceAll("\r\n", "\n");
    const id = ids[i];
    return id === undefined ? { ...cell, text } : { ...cell, text, id };
  });
  // what was kept of the file's layout may not fit cells that were moved; then the whole is laid out anew
  const kept = layOut({ ...notebook, cells }, true);
  const text = readsAs(kept, cells) ? kept : layOut({ ...notebook, cells }, false);
  return (notebook.bom ? "\ufeff" : "") + (eol === "\r\n" ? text.replaceAll("\n", "\r\n") : text);
}

function readsAs(text: string, cells: readonly NotebookCell[]): boolean {
  const read = readNotebook(text).cells;
  return (
    read.length === cells.length &&
    read.every((cell, i) => {
      const { kind, id, text } = cells[i] as NotebookCell;
      return cell.kind === kind && cell.text === text && (kind === "markdown" || cell.id === id);
    })
  );
}

function layOut({ cells, head, end }: Notebook, keep: boolean): string {
  const front = head === null && keep ? [] : [head ?? NEW_HEAD];
  const body = cells.map((cell, i) => {
    const { before, ...layout } = (keep && cell.layout) || {};
    const previous = cells[i - 1];
    const fits = before !== undefined && before.after === (previous?.kind ?? "start");
    return (fits ? before.lines : linesBefore(previous, cell, front.length > 0)) + printCell(cell, layout);
  });
  const parts = [...front, ...body];
  const text = parts.join("\n") + (keep && end !== undefined ? end : "\n");
  return parts.length > 0 ? text : text.slice(1);
}

/** The same cells without what `printNotebook` would do by itself. */
export function withoutCanonical(cells: readonly NotebookCell[], hasHead: boolean): NotebookCell[] {
  return cells.map((cell, i) => {
    const { layout: { before, open, close, blank } = {}, ...rest } = cell;
    const fences = { ...(open === undefined ? {} : { open }), ...(close === undefined ? {} : { close }) };
    const layout: Layout = {
      ...(before === undefined || before.lines === linesBefore(cells[i - 1], cell, hasHead) ? {} : { before }),
      ...(printCell(cell, fences) === printCell(cell, {}) ? {} : fences),
      ...(blank ? { blank } : {}),
      ...(open === undefined && cell.kind === "markdown" && needsRaw(cell.text) ? { plain: true } : {}),
    };
    return Object.keys(layout).length > 0 ? { ...rest, layout } : rest;
  });
}

/** The lines from the cell before (or the front matter, or the start) to this one. */
function linesBefore(previous: NotebookCell | undefined, cell: NotebookCell, hasHead: boolean): string {
  const between = previous === undefined && !hasHead ? "" : "\n";
  if (cell.kind === "code" || needsRaw(cell.text)) return between;
  const marked = previous?.kind === "markdown" || cell.text.split("\n").every(isBlank);
  return marked ? `${between}${MARKER}\n\n` : between;
}

function canonicalOpen(cell: NotebookCell, id: string): string {
  const attributes = cell.attributes?.replace(/[\r\n`]/g, "");
  return `${fenceFor(cell.text)}ts {#${id}${attributes ? ` ${attributes}` : ""}}`;
}

function printCell(cell: NotebookCell, layout: Layout): string {
  return cell.kind === "code" ? printCode(cell, layout) : printMarkdown(cell, layout);
}

function printCode(cell: NotebookCell, layout: Layout): string {
  const fence = fenceFor(cell.text);
  const kept = cellFence(layout.open ?? "");
  const same =
    kept !== null &&
    kept.id === cell.id &&
    kept.attributes === (cell.attributes ?? "") &&
    kept.fence.length >= fence.length;
  const open = same ? (layout.open as string) : canonicalOpen(cell, cell.id ?? "");
  const marks = cellFence(open)?.fence ?? fence;
  const close = layout.close !== undefined && closes(layout.close, marks) ? layout.close : marks;
  const text = cell.text === "" ? (layout.blank ? "\n" : "") : `${cell.text}\n`;
  return `${open}\n${text}${close}`;
}

function printMarkdown({ text }: NotebookCell, layout: Layout): string {
  const kept = layout.open === undefined ? null : rawTag(layout.open);
  const lines = text.split("\n");
  if (kept !== null && !lines.some((line) => isRawClose(line, kept))) {
    const close = layout.close !== undefined && isRawClose(layout.close, kept) ? layout.close : rawClose(kept);
    return [layout.open, ...lines, close].join("\n");
  }
  if (layout.plain || !needsRaw(text)) return text;
  let tag = "";
  for (let n = 2; lines.some((line) => isRawClose(line, tag)); n++) tag = String(n);
  return [rawOpen(tag), ...lines, rawClose(tag)].join("\n");
}

/** Whether a Markdown cell's text would not be read as one Markdown cell. */
function needsRaw(text: string): boolean {
  const lines = text.split("\n");
  if (lines.every(isBlank)) return false;
  if (lines.some(isMarker)) return readsOtherwise(lines, text);
  return lines.some((line) => fenceMarks(line) !== null || line.includes("<!--")) && readsOtherwise(lines, text);
}

function readsOtherwise(lines: readonly string[], text: string): boolean {
  const { cells, open } = readBody(lines, 0);
  const [only, ...more] = cells;
  return open || more.length > 0 || only?.kind !== "markdown" || only.text !== text;
}

/** Backticks that no line of the text closes, and longer than those of a cell in it. */
function fenceFor(text: string): string {
  if (!text.includes("```")) return "```";
  const lengths = text.split("\n").map((line) => {
    const marks = fenceMarks(line) ?? "";
    return marks[0] === "`" && (closes(line, marks) || cellFence(line) !== null) ? marks.length : 0;
  });
  return "`".repeat(Math.max(2, ...lengths) + 1);
}
