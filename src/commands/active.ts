import * as vscode from "vscode";
import { notebookInFront } from "../notebook/inFront.ts";
import { notify } from "../notify/index.ts";

/** The dlnb notebook in front, or that of the panel in front, for a command of this title; says what is missing when there is none. */
export function activeNotebook(command: string): vscode.NotebookDocument | null {
  const notebook = notebookInFront();
  if (notebook !== undefined) return notebook;
  void offerNotebook(vscode.l10n.t("{0}: open a .dlnb notebook first.", command));
  return null;
}

async function offerNotebook(text: string): Promise<void> {
  const examples = vscode.l10n.t("Open Examples");
  const template = vscode.l10n.t("New from Template");
  const choice = await notify.showInformationMessage(text, examples, template);
  if (choice === undefined) return;
  await vscode.commands.executeCommand(choice === examples ? "dlnb.openExamples" : "dlnb.newFromTemplate");
}
