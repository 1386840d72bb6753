import type * as vscode from "vscode";
import { CHART_MIME, type Chart } from "../../engine/protocol/index.ts";

/** The chart of this id among a notebook's outputs, and the cell it stands under; null when none has it. */
export function shownChart(
  notebook: vscode.NotebookDocument,
  id: string,
): { chart: Chart; cell: vscode.NotebookCell } | null {
  for (const cell of notebook.getCells()) {
    for (const { mime, data } of cell.outputs.flatMap((output) => output.items)) {
      if (mime !== CHART_MIME) continue;
      const chart = JSON.parse(new TextDecoder().decode(data)) as Chart;
      if (chart.id === id) return { chart, cell };
    }
  }
  return null;
}
