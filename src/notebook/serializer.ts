import * as vscode from "vscode";
import { type Notebook, type NotebookCell, parseNotebook, printNotebook } from "./format.ts";

/** What the format knows of a cell beyond its text travels in the cell's metadata, and of the file in the notebook's. */
type CellMetadata = Pick<NotebookCell, "id" | "attributes" | "layout">;
type FileMetadata = Pick<Notebook, "head" | "bom" | "eol" | "end">;

/** `.dlnb` text to the editor's cells and back. Damage shows as cells, never as a refusal to open. */
export const serializer: vscode.NotebookSerializer = {
  deserializeNotebook(bytes) {
    const { cells, problems: _, ...file } = parseNotebook(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
    const notebook = new vscode.NotebookData(cells.map(toCellData));
    notebook.metadata = file satisfies FileMetadata;
    return notebook;
  },

  serializeNotebook({ cells, metadata }) {
    return new TextEncoder().encode(printNotebook({ ...(metadata as FileMetadata), cells: cells.map(fromCellData) }));
  },
};

function toCellData({ kind, text, ...metadata }: NotebookCell): vscode.NotebookCellData {
  const data =
    kind === "code"
      ? new vscode.NotebookCellData(vscode.NotebookCellKind.Code, text, "typescript")
      : new vscode.NotebookCellData(vscode.NotebookCellKind.Markup, text, "markdown");
  data.metadata = metadata satisfies CellMetadata;
  return data;
}

function fromCellData({ kind, value, metadata }: vscode.NotebookCellData): NotebookCell {
  return {
    ...(metadata as CellMetadata),
    kind: kind === vscode.NotebookCellKind.Code ? "code" : "markdown",
    text: value,
  };
}
