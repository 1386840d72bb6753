import { randomBytes } from "node:crypto";
import * as vscode from "vscode";

/** Metadata that the file keeps for each cell. */
export function cellId(cell: { metadata: { readonly [key: string]: unknown } }): string | null {
  const { id } = cell.metadata;
  return typeof id === "string" && id !== "" ? id : null;
}

/**
 * Ids for code cells that have none or share one with an earlier cell (a pasted copy), as an edit; null when all is well. The
 * kernel and the saved outputs know cells by them.
 */
export function missingIds(notebook: vscode.NotebookDocument): vscode.WorkspaceEdit | null {
  const seen = new Set<string>();
  const edits: vscode.NotebookEdit[] = [];
  for (const cell of notebook.getCells()) {
    if (cell.kind !== vscode.NotebookCellKind.Code) continue;
    const id = cellId(cell);
    if (id !== null && !seen.has(id)) {
      seen.add(id);
      continue;
    }
    const fresh = freshId(seen);
    seen.add(fresh);
    edits.push(vscode.NotebookEdit.updateCellMetadata(cell.index, { ...cell.metadata, id: fresh }));
  }
  if (edits.length === 0) return null;
  const edit = new vscode.WorkspaceEdit();
  edit.set(notebook.uri, edits);
  return edit;
}

function freshId(seen: ReadonlySet<string>): string {
  for (;;) {
    const id = randomBytes(3).toString("hex");
    if (!seen.has(id)) return id;
  }
}
