import * as vscode from "vscode";
import type { NotebookCell } from "./format.ts";
import { uniqueIds } from "./ids.ts";

/** The id that a cell has in its file. */
export function cellId(cell: { metadata: { readonly [key: string]: unknown } }): string | null {
  const { id } = cell.metadata;
  return typeof id === "string" && id !== "" ? id : null;
}

/**
 * Ids for code cells that have none or share one with an earlier cell (a pasted copy), as an edit; null when all is well. They
 * are those that the file would get. The kernel and the saved outputs know cells by them.
 */
export function missingIds(notebook: vscode.NotebookDocument): vscode.WorkspaceEdit | null {
  const cells = notebook.getCells();
  const ids = uniqueIds(cells.map(plain));
  const edits = cells.flatMap((cell, i) => {
    const id = ids[i];
    return id === undefined || id === cellId(cell)
      ? []
      : [vscode.NotebookEdit.updateCellMetadata(cell.index, { ...cell.metadata, id })];
  });
  if (edits.length === 0) return null;
  const edit = new vscode.WorkspaceEdit();
  edit.set(notebook.uri, edits);
  return edit;
}

/** An id for a code cell that comes in at `index`. */
export function freshId(notebook: vscode.NotebookDocument, index: number, text: string): string {
  const cells = notebook.getCells().map(plain);
  return uniqueIds(cells.toSpliced(index, 0, { kind: "code", text }))[index] as string;
}

function plain(cell: vscode.NotebookCell): NotebookCell {
  const id = cellId(cell);
  const kind = cell.kind === vscode.NotebookCellKind.Code ? "code" : "markdown";
  return { kind, text: cell.document.getText(), ...(id === null ? {} : { id }) };
}
