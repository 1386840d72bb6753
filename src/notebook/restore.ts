import type * as vscode from "vscode";
import { savedOutput } from "../outputs/convert.ts";
import { runFolderOf } from "../outputs/runFolder.ts";
import { readSavedCells, textHash } from "../outputs/saved.ts";
import { STALE } from "../problems/findings.ts";
import { cellId } from "./cellIds.ts";

export interface RestoreHost {
  createExecution(cell: vscode.NotebookCell): vscode.NotebookCellExecution;
  /** Whether the cell of this id runs or is about to. */
  active(id: string): boolean;
  /** `textHash` is of the text that gave the outputs. */
  restored(cell: vscode.NotebookCell, textHash: string, when: Date): void;
}

/** Puts the outputs that the last kernel saved under the cells of a notebook that was just opened; cells with outputs keep theirs. */
export async function restoreOutputs(notebook: vscode.NotebookDocument, host: RestoreHost): Promise<void> {
  const folder = runFolderOf(notebook);
  if (folder === null) return;
  const saved = await readSavedCells(folder);
  for (const cell of notebook.getCells()) {
    const id = cellId(cell);
    const last = id === null ? undefined : saved.get(id);
    if (last === undefined || id === null || cell.outputs.length > 0) continue;
    // it may have run meanwhile
    if (notebook.isClosed || host.active(id) || cell.executionSummary?.timing !== undefined) continue;
    const execution = host.createExecution(cell);
    const startedAt = Date.parse(last.startedAt);
    execution.executionOrder = last.order;
    execution.start(startedAt);
    const stale = last.textHash !== textHash(cell.document.getText());
    const outputs = last.outputs.map((output) => savedOutput(output, id));
    if (stale) for (const output of outputs) output.metadata = { ...output.metadata, ...STALE };
    await execution.replaceOutput(outputs);
    execution.end(last.ok, startedAt + last.wallMs);
    host.restored(cell, last.textHash, new Date(startedAt));
  }
}
