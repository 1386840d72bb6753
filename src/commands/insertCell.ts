import * as vscode from "vscode";
import { freshId, missingIds } from "../notebook/cellIds.ts";

/** A new code cell at `index`, selected and in view; one step to undo. Null when the notebook cannot be changed. */
export async function insertCell(
  notebook: vscode.NotebookDocument,
  index: number,
  text: string,
): Promise<vscode.NotebookCell | null> {
  // cells without ids get theirs when something runs: before, so that one undo takes the new cell away and nothing else
  const ids = missingIds(notebook);
  if (ids !== null) await vscode.workspace.applyEdit(ids);
  const data = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, text, "typescript");
  data.metadata = { id: freshId(notebook, index, text) };
  const edit = new vscode.WorkspaceEdit();
  edit.set(notebook.uri, [vscode.NotebookEdit.insertCells(index, [data])]);
  if (!(await vscode.workspace.applyEdit(edit))) {
    void vscode.window.showErrorMessage("The notebook cannot be changed: no cell was added.");
    return null;
  }
  const cell = notebook.cellAt(index);
  showCell(cell);
  return cell;
}

/** Selects a cell and scrolls until its outputs have room. */
export function showCell(cell: vscode.NotebookCell): void {
  const range = new vscode.NotebookRange(cell.index, cell.index + 1);
  for (const editor of vscode.window.visibleNotebookEditors) {
    if (editor.notebook !== cell.notebook) continue;
    editor.selections = [range];
    editor.revealRange(range, vscode.NotebookEditorRevealType.AtTop);
  }
}
