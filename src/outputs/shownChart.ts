import type * as vscode from "vscode";
import { CHART_MIME, type Chart } from "../../engine/protocol/index.ts";

/** The chart of this id among a notebook's outputs; null when none has it. */
export function shownChart(notebook: vscode.NotebookDocument, id: string): Chart | null {
  const items = notebook.getCells().flatMap((cell) => cell.outputs.flatMap((output) => output.items));
  for (const { mime, data } of items) {
    if (mime !== CHART_MIME) continue;
    const chart = JSON.parse(new TextDecoder().decode(data)) as Chart;
    if (chart.id === id) return chart;
  }
  return null;
}
