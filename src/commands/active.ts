import * as vscode from "vscode";
import { notebookInFront } from "../notebook/inFront.ts";
import { notify } from "../notify/index.ts";

/** The dlnb notebook in front, or that of the panel in front; says what is missing when there is none. */
export function activeNotebook(purpose: string): vscode.NotebookDocument | null {
  const notebook = notebookInFront();
  if (notebook !== undefined) return notebook;
  void notify.showInformationMessage(vscode.l10n.t("Open a .dlnb notebook to {0}.", purpose));
  return null;
}
