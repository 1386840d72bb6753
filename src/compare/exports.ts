import * as vscode from "vscode";
import { missingIds } from "../notebook/cellIds.ts";
import { notify } from "../notify/index.ts";
import type { RunEntry } from "../runs/index.ts";

/** A Markdown cell below the selected one of the notebook, or at its end; one step to undo. */
export async function insertComparison({ notebook: uri }: RunEntry, text: string): Promise<void> {
  const notebook = await vscode.workspace.openNotebookDocument(uri);
  const editor = vscode.window.visibleNotebookEditors.find((one) => one.notebook === notebook);
  const index = editor?.selections[0]?.end ?? notebook.cellCount;
  // cells without ids get theirs when something runs: before, so that one undo takes the new cell away and nothing else
  const ids = missingIds(notebook);
  if (ids !== null) await vscode.workspace.applyEdit(ids);
  const edit = new vscode.WorkspaceEdit();
  const cell = new vscode.NotebookCellData(vscode.NotebookCellKind.Markup, text, "markdown");
  edit.set(uri, [vscode.NotebookEdit.insertCells(index, [cell])]);
  if (!(await vscode.workspace.applyEdit(edit))) {
    void notify.showErrorMessage(vscode.l10n.t("The notebook cannot be changed: no cell was added."));
    return;
  }
  const range = new vscode.NotebookRange(index, index + 1);
  // a panel that asks stays in view
  const viewColumn = editor?.viewColumn ?? vscode.ViewColumn.One;
  const shown = await vscode.window.showNotebookDocument(notebook, { viewColumn, selections: [range] });
  shown.revealRange(range, vscode.NotebookEditorRevealType.InCenter);
}

/** Asks where the table goes, beside the notebook to begin with. */
export async function saveTable({ notebook, folder }: RunEntry, text: string): Promise<void> {
  const beside = folder === null ? vscode.workspace.workspaceFolders?.[0]?.uri : vscode.Uri.joinPath(notebook, "..");
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t("Save Table of Runs"),
    filters: { CSV: ["csv"] },
    ...(beside === undefined ? {} : { defaultUri: vscode.Uri.joinPath(beside, "runs.csv") }),
  });
  if (target !== undefined) await vscode.workspace.fs.writeFile(target, Buffer.from(text, "utf8"));
}
