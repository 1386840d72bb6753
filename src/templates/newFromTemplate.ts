import * as vscode from "vscode";
import { serializer } from "../notebook/serializer.ts";
import { NOTEBOOK_TYPE } from "../notebook/type.ts";
import { bundledIn } from "./library.ts";

/** Asks which, and opens it as an untitled notebook: each trains as it stands, on data that it makes itself. */
export async function newFromTemplate(folder: vscode.Uri): Promise<void> {
  const items = bundledIn(folder).then((all) =>
    all.map((template) => ({ label: template.title, detail: template.description, template })),
  );
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t("New Experiment from Template"),
    placeHolder: vscode.l10n.t("What do you want to train?"),
    matchOnDetail: true,
  });
  if (chosen === undefined) return;
  const never = new vscode.CancellationTokenSource();
  const content = await serializer.deserializeNotebook(chosen.template.bytes, never.token);
  never.dispose();
  await vscode.window.showNotebookDocument(await vscode.workspace.openNotebookDocument(NOTEBOOK_TYPE, content));
}
