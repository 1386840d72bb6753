import * as vscode from "vscode";
import { NOTEBOOK_TYPE } from "../notebook/type.ts";
import { template } from "./template.ts";

/** An untitled notebook that trains something as it stands. */
export async function newNotebook(): Promise<void> {
  const { Code, Markup } = vscode.NotebookCellKind;
  const notebook = await vscode.workspace.openNotebookDocument(
    NOTEBOOK_TYPE,
    new vscode.NotebookData([
      new vscode.NotebookCellData(Markup, template.prose, "markdown"),
      new vscode.NotebookCellData(Code, template.definition, "typescript"),
      new vscode.NotebookCellData(Code, template.training, "typescript"),
    ]),
  );
  await vscode.window.showNotebookDocument(notebook);
}
