import * as vscode from "vscode";
import { freshId, missingIds } from "../notebook/cellIds.ts";
import { notify } from "../notify/index.ts";

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
    void notify.showErrorMessage(vscode.l10n.t("The notebook cannot be changed: no cell was added."));
    return null;
  }
  const cell = notebook.cellAt(index);
  await showCell(cell);
  return cell;
}

/** Brings a cell's notebook to the front, selects the cell, and scrolls until its outputs have room. */
export async function showCell(cell: vscode.NotebookCell): Promise<void> {
  const range = new vscode.NotebookRange(cell.index, cell.index + 1);
  const column = vscode.window.visibleNotebookEditors.find(({ notebook }) => notebook === cell.notebook)?.viewColumn;
  // not by the editor's own selections: without the focus it would go back to its first cell
  const editor = await vscode.window.showNotebookDocument(cell.notebook, {
    selections: [range],
    ...(column === undefined ? {} : { viewColumn: column }),
  });
  scrollTo(editor, cell);
}

/** Scrolls until the cell is at the top, and takes the focus from nobody. */
export function scrollTo(editor: vscode.NotebookEditor, { index }: vscode.NotebookCell): void {
  editor.revealRange(new vscode.NotebookRange(index, index + 1), vscode.NotebookEditorRevealType.AtTop);
}
