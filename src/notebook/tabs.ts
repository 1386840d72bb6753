import * as vscode from "vscode";

/** Whether a tab of this window shows the notebook. The editor keeps documents for a while that nobody sees any more. */
export function shownInTab(notebook: vscode.Uri): boolean {
  return vscode.window.tabGroups.all.some(({ tabs }) => addressesOf(tabs).includes(notebook.toString()));
}

/** Addresses of the notebooks that these tabs show, side by side with another version or by themselves. */
export function addressesOf(tabs: readonly vscode.Tab[]): string[] {
  return tabs.flatMap(({ input }) => {
    if (input instanceof vscode.TabInputNotebook) return [input.uri.toString()];
    return input instanceof vscode.TabInputNotebookDiff ? [input.original.toString(), input.modified.toString()] : [];
  });
}

export function openNotebook(address: string): vscode.NotebookDocument | undefined {
  return vscode.workspace.notebookDocuments.find(({ uri }) => uri.toString() === address);
}
