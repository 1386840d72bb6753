import * as vscode from "vscode";
import { openExamples } from "./examples.ts";
import { newFromTemplate } from "./newFromTemplate.ts";

/** "New Experiment from Template" and "Open Examples". */
export function templates(extension: vscode.Uri): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand("dlnb.newFromTemplate", () =>
      newFromTemplate(vscode.Uri.joinPath(extension, "media", "templates")),
    ),
    vscode.commands.registerCommand("dlnb.openExamples", () =>
      openExamples(vscode.Uri.joinPath(extension, "examples")),
    ),
  );
}
