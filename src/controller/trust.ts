import * as vscode from "vscode";
import { notify } from "../notify/index.ts";

/** Whether code may run here; says why when it may not. */
export async function mayRun(): Promise<boolean> {
  if (vscode.workspace.isTrusted) return true;
  const manage = vscode.l10n.t("Manage Workspace Trust");
  const choice = await notify.showWarningMessage(
    vscode.l10n.t(
      "dlnb runs no cells in an untrusted workspace: they are programs with access to this machine. The notebook and its saved outputs stay readable.",
    ),
    manage,
  );
  if (choice === manage) await vscode.commands.executeCommand("workbench.trust.manage");
  return false;
}
