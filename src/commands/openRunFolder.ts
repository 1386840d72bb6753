import { existsSync } from "node:fs";
import * as vscode from "vscode";
import { notify } from "../notify/index.ts";
import { runFolder } from "../outputs/saved.ts";

/** Shows the folder with a notebook's run log, checkpoints and saved outputs. */
export async function openRunFolder(notebook: vscode.NotebookDocument): Promise<void> {
  if (notebook.isUntitled || notebook.uri.scheme !== "file") {
    void notify.showInformationMessage(
      vscode.l10n.t("An untitled notebook has no run folder; save it and run a cell."),
    );
    return;
  }
  const folder = runFolder(notebook.uri.fsPath);
  if (!existsSync(folder)) {
    void notify.showInformationMessage(vscode.l10n.t("No cell has run yet: {0} appears with the first one.", folder));
    return;
  }
  const uri = vscode.Uri.file(folder);
  const shownInside = vscode.workspace.getWorkspaceFolder(uri) !== undefined || vscode.env.uiKind === vscode.UIKind.Web;
  await vscode.commands.executeCommand(shownInside ? "revealInExplorer" : "revealFileInOS", uri);
}
