import * as vscode from "vscode";
import { NOTEBOOK_TYPE } from "../controller/controller.ts";
import { notify } from "../notify/index.ts";

/** The dlnb notebook in front; says what is missing when there is none. */
export function activeNotebook(purpose: string): vscode.NotebookDocument | null {
  const notebook = vscode.window.activeNotebookEditor?.notebook;
  if (notebook?.notebookType === NOTEBOOK_TYPE) return notebook;
  void notify.showInformationMessage(vscode.l10n.t("Open a .dlnb notebook to {0}.", purpose));
  return null;
}
