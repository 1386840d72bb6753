import * as vscode from "vscode";
import { translated } from "../../l10n/index.ts";
import { parseNotebook } from "./format.ts";
import { addressesOf, openNotebook, shownInTab } from "./tabs.ts";

/** What is wrong with `.dlnb` files that are open in tabs, in the Problems view: conflict markers, unclosed cells, unknown versions. */
export class FileProblems implements vscode.Disposable {
  readonly #diagnostics = vscode.languages.createDiagnosticCollection("dlnb-files");
  readonly #listening: readonly vscode.Disposable[];
  readonly #type: string;

  constructor(notebookType: string) {
    this.#type = notebookType;
    this.#listening = [
      vscode.workspace.onDidOpenNotebookDocument((notebook) => this.#look(notebook)),
      vscode.workspace.onDidSaveNotebookDocument((notebook) => this.#look(notebook)),
      vscode.workspace.onDidCloseNotebookDocument(({ uri }) => this.#diagnostics.delete(uri)),
      // the editor keeps documents for a while that nobody sees any more
      vscode.window.tabGroups.onDidChangeTabs(({ opened, closed }) => {
        for (const address of addressesOf(closed)) {
          const uri = openNotebook(address)?.uri;
          if (uri !== undefined && !shownInTab(uri)) this.#diagnostics.delete(uri);
        }
        for (const address of addressesOf(opened)) {
          const notebook = openNotebook(address);
          if (notebook !== undefined) void this.#look(notebook);
        }
      }),
    ];
    for (const notebook of vscode.workspace.notebookDocuments) void this.#look(notebook);
  }

  dispose(): void {
    for (const disposable of this.#listening) disposable.dispose();
    this.#diagnostics.dispose();
  }

  async #look(notebook: vscode.NotebookDocument): Promise<void> {
    if (notebook.notebookType !== this.#type || notebook.isUntitled) return;
    const bytes = await vscode.workspace.fs.readFile(notebook.uri).then(
      (read) => read,
      () => null,
    );
    if (bytes === null || notebook.isClosed || !shownInTab(notebook.uri)) return;
    const { problems } = parseNotebook(new TextDecoder().decode(bytes));
    this.#diagnostics.set(
      notebook.uri,
      problems.map(({ line, message, severity }) => {
        const { Error: error, Warning: warning } = vscode.DiagnosticSeverity;
        const found = new vscode.Diagnostic(
          new vscode.Range(line - 1, 0, line - 1, 1000),
          translated(message),
          severity === "error" ? error : warning,
        );
        found.source = "dlnb";
        return found;
      }),
    );
  }
}
