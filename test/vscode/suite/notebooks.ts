import * as vscode from "vscode";

/** A file of the workspace. */
export const inWorkspace = (name: string) =>
  vscode.Uri.joinPath((vscode.workspace.workspaceFolders as readonly vscode.WorkspaceFolder[])[0]!.uri, name);

/** Opens a notebook of the workspace in an editor, with our kernel. */
export async function show(name: string): Promise<vscode.NotebookDocument> {
  const notebook = await vscode.workspace.openNotebookDocument(inWorkspace(name));
  await choose(notebook);
  return notebook;
}

/** An untitled notebook of code cells in an editor, with our kernel. */
export async function scratch(...cells: string[]): Promise<vscode.NotebookDocument> {
  const data = cells.map((text) => new vscode.NotebookCellData(vscode.NotebookCellKind.Code, text, "typescript"));
  const notebook = await vscode.workspace.openNotebookDocument("dlnb", new vscode.NotebookData(data));
  await choose(notebook);
  return notebook;
}

export async function choose(notebook: vscode.NotebookDocument): Promise<void> {
  await vscode.window.showNotebookDocument(notebook);
  await vscode.commands.executeCommand("notebook.selectKernel", { id: "dlnb", extension: "dlnb.dlnb" });
}

/** Starts cell `index` and returns without waiting for its end. */
export function start(notebook: vscode.NotebookDocument, index: number): void {
  void vscode.commands.executeCommand("notebook.cell.execute", {
    ranges: [{ start: index, end: index + 1 }],
    document: notebook.uri,
  });
}

/** Runs cell `index` to its end; true when it succeeded. */
export async function run(notebook: vscode.NotebookDocument, index: number): Promise<boolean> {
  const cell = notebook.cellAt(index);
  const before = cell.executionSummary?.timing?.endTime;
  start(notebook, index);
  await until(
    () => cell.executionSummary?.timing?.endTime !== before && cell.executionSummary?.success !== undefined,
    120_000,
  );
  return cell.executionSummary?.success ?? false;
}

/** The text of a cell's outputs, whatever their media type. */
export function outputText(cell: vscode.NotebookCell): string {
  return cell.outputs
    .flatMap(({ items }) => items)
    .filter(({ mime }) => !mime.startsWith("image/"))
    .map(({ data }) => new TextDecoder().decode(data))
    .join("\n");
}

/** Polls until `condition` holds; throws after `timeoutMs`. */
export async function until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  for (let waited = 0; !condition(); waited += 50) {
    if (waited > timeoutMs) throw new Error(`not within ${timeoutMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
