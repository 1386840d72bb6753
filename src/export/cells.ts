import * as vscode from "vscode";
import { CHART_MIME, ERROR_MIME, type OutputItem, type SavedCell } from "../../engine/protocol/index.ts";
import { codeIndex } from "../controller/session.ts";
import { cellId } from "../notebook/cellIds.ts";
import type { NotebookCell } from "../notebook/format.ts";
import { isRecord } from "../outputs/read.ts";
import { runFolderOf } from "../outputs/runFolder.ts";
import { readSavedCells, textHash } from "../outputs/saved.ts";
import { STALE } from "../problems/findings.ts";
import type { ReportCell, Shown } from "../report/index.ts";

const STDOUT = "application/vnd.code.notebook.stdout";
const STDERR = "application/vnd.code.notebook.stderr";

/** A notebook's cells as its file would have them. */
export function cellsOf(notebook: vscode.NotebookDocument): NotebookCell[] {
  return notebook.getCells().map((cell) => {
    const { attributes } = cell.metadata as { attributes?: unknown };
    const id = cellId(cell);
    return {
      kind: cell.kind === vscode.NotebookCellKind.Code ? "code" : "markdown",
      text: cell.document.getText().replaceAll("\r\n", "\n"),
      ...(id === null ? {} : { id }),
      ...(typeof attributes === "string" ? { attributes } : {}),
    };
  });
}

/** Cells with what they show now, or showed when the notebook was last run. */
export async function shownCells(notebook: vscode.NotebookDocument): Promise<ReportCell[]> {
  const folder = runFolderOf(notebook);
  const saved = folder === null ? new Map<string, SavedCell>() : await readSavedCells(folder);
  return notebook.getCells().map((cell) => {
    const text = cell.document.getText().replaceAll("\r\n", "\n");
    if (cell.kind !== vscode.NotebookCellKind.Code) return { kind: "markdown", text };
    const id = cellId(cell) ?? `cell-${cell.index}`;
    const about = { kind: "code", id, index: codeIndex(cell), text } as const;
    const last = saved.get(id);
    return cell.outputs.length > 0 || cell.executionSummary?.success !== undefined
      ? { ...about, ...ofEditor(cell, last) }
      : { ...about, ...ofDisk(last, text) };
  });
}

type Result = Pick<ReportCell & { kind: "code" }, "result" | "shown" | "note">;

function ofEditor(cell: vscode.NotebookCell, saved: SavedCell | undefined): Result {
  const { timing, success } = cell.executionSummary ?? {};
  const wallMs = timing === undefined ? (saved?.wallMs ?? 0) : timing.endTime - timing.startTime;
  const shown = cell.outputs.flatMap(shownOf);
  const stale = cell.outputs.some(({ metadata }) => metadata?.dlnbStale === STALE.dlnbStale);
  return {
    result: { ok: success !== false, wallMs },
    shown,
    ...(stale ? { note: vscode.l10n.t("These are outputs of an earlier version of this cell.") } : {}),
  };
}

function ofDisk(saved: SavedCell | undefined, text: string): Result {
  if (saved === undefined) return { result: null, shown: [] };
  const shown = saved.outputs.map((output): Shown => {
    const [item] = output.items;
    const stream = /^(stdout|stderr)-/.exec(output.id)?.[1] as "stdout" | "stderr" | undefined;
    return stream !== undefined && item?.mime === "text/plain"
      ? { kind: "text", stream, text: item.data }
      : { kind: "output", output };
  });
  return {
    result: { ok: saved.ok, wallMs: saved.wallMs },
    shown,
    ...(saved.textHash === textHash(text)
      ? {}
      : { note: vscode.l10n.t("These are outputs of an earlier version of this cell.") }),
  };
}

/** An output as the kernel had sent it. */
function shownOf(output: vscode.NotebookCellOutput, i: number): Shown[] {
  const text = (data: Uint8Array) => new TextDecoder().decode(data);
  const stream = output.items.find(({ mime }) => mime === STDOUT || mime === STDERR);
  if (stream !== undefined)
    return [{ kind: "text", stream: stream.mime === STDOUT ? "stdout" : "stderr", text: text(stream.data) }];
  const items = output.items.flatMap(({ mime, data }): OutputItem[] => {
    if (mime === "image/png") return [{ mime, data: Buffer.from(data).toString("base64") }];
    if (mime === "text/plain" || mime === "text/markdown" || mime === "text/html") return [{ mime, data: text(data) }];
    if (!mime.endsWith("json")) return [];
    const value = parsed(text(data));
    if (mime === "application/json") return [{ mime, data: value }];
    if (!isRecord(value)) return [];
    // a chart that still grows is as it was when it began to
    return [{ mime, data: mime === CHART_MIME ? { ...value, live: false } : value } as unknown as OutputItem];
  });
  const error = items.find(({ mime }) => mime === ERROR_MIME);
  return items.length === 0 ? [] : [{ kind: "output", output: { id: `output-${i}`, items: error ? [error] : items } }];
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
