import assert from "node:assert/strict";
import { describe, it } from "mocha";
import * as vscode from "vscode";

const inWorkspace = (name: string) =>
  vscode.Uri.joinPath((vscode.workspace.workspaceFolders as readonly vscode.WorkspaceFolder[])[0]!.uri, name);

describe("the extension", () => {
  it("is there and activates", async () => {
    const extension = vscode.extensions.getExtension("dlnb.dlnb");
    assert.ok(extension);
    await extension.activate();
    assert.ok(extension.isActive);
  });

  it("opens a .dlnb file as a notebook with Markdown and TypeScript cells", async () => {
    const notebook = await vscode.workspace.openNotebookDocument(inWorkspace("tour.dlnb"));
    assert.equal(notebook.notebookType, "dlnb");
    const kinds = notebook
      .getCells()
      .map((cell) => `${vscode.NotebookCellKind[cell.kind]} ${cell.document.languageId}`);
    assert.ok(kinds.includes("Markup markdown"), kinds.join());
    assert.ok(kinds.includes("Code typescript"), kinds.join());
  });
});
